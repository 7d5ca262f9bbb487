/**
 * The names and passwords of what this installation makes on servers: all derived from an id and a secret that lie in its
 * database, so that every stack over that database finds the same ones, and one over another database gets others.
 */
import { createHmac } from 'node:crypto';

/** The services that own a schema. */
export const services = ['accounts', 'notifications', 'tracker', 'statistics'] as const;

/** Those that have a user of the broker: the tracker has nothing to do with it. */
export const brokerServices = ['accounts', 'notifications', 'statistics'] as const;

export type Service = (typeof services)[number];

export type BrokerService = (typeof brokerServices)[number];

/** The roles that log in to the database: each service, and the operator's tool that moves clocks, which owns nothing. */
export const databaseRoles = [...services, 'clock'] as const;

export type DatabaseRole = (typeof databaseRoles)[number];

/** What tells one installation from another on the same servers: `id` is in names, `secret` is in nothing that is shown. */
export type Installation = { id: string; secret: string };

/** The secret of this installation for one purpose, a password say, as 64 hexadecimal digits. */
export function derivedSecret({ secret }: Installation, purpose: string): string {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(purpose).digest('hex');
}

/** The database's role of that name; `adapters/migrations/` calls it `duet_<name>`. */
export function roleOf({ id }: Installation, name: DatabaseRole): string {
  return `duet_${id}_${name}`;
}

/** The broker's user of a service. */
export function brokerUserOf({ id }: Installation, service: Service): string {
  return `duet-${id}-${service}`;
}

/** One value per user of the broker. */
export function perBrokerService<T>(valueOf: (service: BrokerService) => T): Record<BrokerService, T> {
  return {
    accounts: valueOf('accounts'),
    notifications: valueOf('notifications'),
    statistics: valueOf('statistics'),
  };
}

/** One value per role of the database. */
export function perDatabaseRole<T>(valueOf: (role: DatabaseRole) => T): Record<DatabaseRole, T> {
  return { ...perBrokerService(valueOf), tracker: valueOf('tracker'), clock: valueOf('clock') };
}

/** The URL with another user. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
