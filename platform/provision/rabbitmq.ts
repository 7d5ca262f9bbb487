/**
 * Broker users: each service has its own and may touch the shared exchange and what carries its own prefix. The exchange and
 * queues themselves are declared by the services.
 */
import { managementApi, virtualHostOf } from '../../messaging/management.ts';
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
  const password = decodeURIComponent(new URL(adminUrl).password);
  const api = managementApi(managementUrl, adminUrl);
  const put = (path: string, body: unknown) =>
    api('PUT', path, body).catch((error: unknown) => {
      throw new PlatformError(
        `${reasonOf(error)}\nIts user must be an administrator; leave AMQP_MANAGEMENT_URL unset to let all services use the user of AMQP_URL.`,
      );
    });
  for (const service of services) {
    const user = userOf(service);
    await put(`users/${user}`, { password: derivedPassword(password, user), tags: '' });
    // Reading the queue `signup.unrouted` is harmless: it holds what nobody subscribes to, and the metric counts it.
    const own = `^(signup\\.(events|observations|unrouted)|${service}\\..*)$`;
    await put(`permissions/${virtualHostOf(adminUrl)}/${user}`, {
      configure: own,
      write: own,
      read: own,
    });
  }
  return perService((service) =>
    withUser(adminUrl, userOf(service), derivedPassword(password, userOf(service))),
  );
}

function userOf(service: Service): string {
  return `duet-${service}`;
}
