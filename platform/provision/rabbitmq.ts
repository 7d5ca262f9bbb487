/**
 * Broker users: each service has its own and may touch the shared exchange and what carries its own prefix. The exchange and
 * queues themselves are declared by the services.
 */
import { PlatformError, reasonOf } from '../part.ts';
import { derivedPassword, perService, type Service, services, withUser } from './passwords.ts';

/** Makes users and permissions through the management API and resolves with each service's address. */
export async function provisionRabbit(
  adminUrl: string,
  managementUrl: string | undefined,
  say: (line: string) => void,
): Promise<Record<Service, string>> {
  if (managementUrl === undefined) {
    say(
      'Warning: AMQP_MANAGEMENT_URL is not set, so all services share the user of AMQP_URL and could read each other’s queues.',
    );
    return perService(() => adminUrl);
  }
  const { password: encoded, pathname } = new URL(adminUrl);
  const password = decodeURIComponent(encoded);
  // `amqp://host` and `amqp://host/` both mean the virtual host `/`.
  const virtualHost = pathname === '' || pathname === '/' ? '/' : decodeURIComponent(pathname.slice(1));
  const put = apiOf(managementUrl, adminUrl);
  for (const service of services) {
    const user = userOf(service);
    await put(`users/${user}`, { password: derivedPassword(password, user), tags: '' });
    // Reading the queue `signup.unrouted` is harmless: it holds what nobody subscribes to, and the metric counts it.
    const own = `^(signup\\.(events|observations|unrouted)|${service}\\..*)$`;
    await put(`permissions/${encodeURIComponent(virtualHost)}/${user}`, {
      configure: own,
      write: own,
      read: own,
    });
  }
  return perService((service) =>
    withUser(adminUrl, userOf(service), derivedPassword(password, userOf(service))),
  );
}

function apiOf(managementUrl: string, adminUrl: string): (path: string, body: unknown) => Promise<void> {
  const base = new URL(managementUrl);
  const admin = base.username === '' ? new URL(adminUrl) : base;
  const credentials = [admin.username, admin.password].map(decodeURIComponent).join(':');
  const origin = `${base.origin}${base.pathname.replace(/\/(api\/?)?$/, '')}`;
  return async (path, body) => {
    const url = `${origin}/api/${path}`;
    let answer: Response;
    try {
      answer = await fetch(url, {
        method: 'PUT',
        headers: {
          authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      });
    } catch (error) {
      throw new PlatformError(`RabbitMQ’s management API at ${origin} does not answer: ${reasonOf(error)}`);
    }
    if (!answer.ok) {
      throw new PlatformError(
        `RabbitMQ’s management API refused \`PUT ${url}\` with ${answer.status}: ${await answer.text()}\nIts user must be an administrator; leave AMQP_MANAGEMENT_URL unset to let all services use the user of AMQP_URL.`,
      );
    }
    await answer.arrayBuffer();
  };
}

function userOf(service: Service): string {
  return `duet-${service}`;
}
