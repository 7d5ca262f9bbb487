/**
 * Broker users: each service has its own and may touch the shared exchanges and what carries its own prefix. Two installations
 * on one virtual host would take each other's events, so the second is told at its start.
 */
import { managementApi, virtualHostOf } from '../../operator/management.ts';
import { PlatformError, reasonOf } from '../error.ts';
import type { RabbitAddress } from '../rabbitmq-node.ts';
import {
  type BrokerService,
  brokerServices,
  brokerUserOf,
  derivedSecret,
  type Installation,
  perBrokerService,
  withUser,
} from './passwords.ts';

type Permission = { user: string };

/** Makes users and permissions through the management API and resolves with each service's address. */
export async function provisionRabbit(
  { url: adminUrl, managementUrl }: RabbitAddress,
  installation: Installation,
  say: (line: string) => void,
): Promise<Record<BrokerService, string>> {
  if (managementUrl === undefined) {
    say(
      'Warning: AMQP_MANAGEMENT_URL is not set, so all services share the user of AMQP_URL and could read each other’s queues, and another installation on this virtual host would not be noticed.',
    );
    return perBrokerService(() => adminUrl);
  }
  const api = managementApi(managementUrl, adminUrl);
  const ask = (method: 'GET' | 'PUT', path: string, body?: unknown) =>
    api(method, path, body).catch((error: unknown) => {
      throw new PlatformError(
        `${reasonOf(error)}\nIts user must be an administrator; leave AMQP_MANAGEMENT_URL unset to let all services use the user of AMQP_URL.`,
      );
    });
  const host = virtualHostOf(adminUrl);
  const permissions = (await ask('GET', `vhosts/${host}/permissions`)) as Permission[];
  const strangers = permissions.map(({ user }) => user).filter((user) => isOfAnother(user, installation));
  if (strangers.length > 0) throw sharedHost(decodeURIComponent(host), strangers);
  for (const service of brokerServices) {
    const user = brokerUserOf(installation, service);
    await ask('PUT', `users/${user}`, { password: derivedSecret(installation, user), tags: '' });
    // Reading what is unrouted is harmless: it is what nobody subscribes to, and the metric counts it. Shared exchanges may be made
    // by a service as well, for where there is no platform that does.
    // Services of 0.2, which may run beside the present ones, have an exchange of observations.
    const own = `signup\\.(events|without-reaction|observations|unrouted(\\.latest)?)|${service}\\..*`;
    // The log is the platform's alone: what one service made or removed of it, all would miss.
    const used = `^(${own}|signup\\.log(\\.\\d+)?)$`;
    await ask('PUT', `permissions/${host}/${user}`, { configure: `^(${own})$`, write: used, read: used });
  }
  return perBrokerService((service) => {
    const user = brokerUserOf(installation, service);
    return withUser(adminUrl, user, derivedSecret(installation, user));
  });
}

function isOfAnother(user: string, { id }: Installation): boolean {
  const [, other] = /^duet-([0-9a-f]{8})-/.exec(user) ?? [];
  return other !== undefined && other !== id;
}

function sharedHost(host: string, strangers: readonly string[]): PlatformError {
  return new PlatformError(
    [
      `The virtual host \`${host}\` of RabbitMQ is used by an installation over another database (${strangers.join(', ')}): the two would take each other’s events.`,
      'Name another virtual host in AMQP_URL (`rabbitmqctl add_vhost NAME`), or, where that installation is no more, remove what is left of it:',
      ...strangers.map((user) => `  rabbitmqctl delete_user ${user}`),
    ].join('\n'),
  );
}
