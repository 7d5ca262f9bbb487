/** The services' passwords: derived, so that two stacks attached to the same servers agree without sharing state. */
import { createHmac } from 'node:crypto';

/** The services that own a schema and a broker user. */
export const services = ['accounts', 'messages', 'tracker'] as const;

/** One of them. */
export type Service = (typeof services)[number];

/** The roles that log in to the database: each service, and the operator's tool that moves clocks, which owns nothing. */
export const databaseRoles = [...services, 'clock'] as const;

/** One of them. */
export type DatabaseRole = (typeof databaseRoles)[number];

/** Whoever knows the administrator's password may as well know this one. */
export function derivedPassword(adminPassword: string, role: string): string {
  return createHmac('sha256', adminPassword).update(role).digest('hex');
}

/** One value per service. */
export function perService<T>(valueOf: (service: Service) => T): Record<Service, T> {
  return { accounts: valueOf('accounts'), messages: valueOf('messages'), tracker: valueOf('tracker') };
}

/** One value per role of the database. */
export function perDatabaseRole<T>(valueOf: (role: DatabaseRole) => T): Record<DatabaseRole, T> {
  return { ...perService(valueOf), clock: valueOf('clock') };
}

/** The URL with another user. */
export function withUser(url: string, user: string, password: string): string {
  const changed = new URL(url);
  changed.username = user;
  changed.password = password;
  return changed.href;
}
