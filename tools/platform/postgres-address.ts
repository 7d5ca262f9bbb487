/**
 * Connection strings of Postgres leave much unsaid, or say it in the query, or in the user's environment (`PGUSER` and its
 * like), and what the query says wins. Here all of it is spelled out, so that a service gets the same server with its own role.
 */
import { ConfigurationError } from '../../adapters/config.ts';
import { userName } from './unprivileged.ts';

const inAuthority = ['user', 'password', 'host', 'port'];

/** The connection string with user, host, port and database before its query, as `pg` would find them. */
export function spelledOut(url: string, environment: NodeJS.ProcessEnv): string {
  const given = new URL(url);
  const query = given.searchParams;
  const said = (name: string, part: string, variable: string): string =>
    query.get(name) || decodeURIComponent(part) || environment[variable] || '';
  const user = said('user', given.username, 'PGUSER') || environment['USER'] || ownName();
  const password = said('password', given.password, 'PGPASSWORD');
  const host = said('host', given.hostname.replace(/^\[(.*)\]$/, '$1'), 'PGHOST') || 'localhost';
  const port = said('port', given.port, 'PGPORT') || '5432';
  const database = given.pathname.slice(1) || encodeURIComponent(environment['PGDATABASE'] || user);
  for (const name of inAuthority) query.delete(name);
  const { PGSSLMODE: sslmode } = environment;
  const saysTls = [...query.keys()].some((name) => name.startsWith('ssl'));
  if (sslmode !== undefined && sslmode !== '' && !saysTls) query.set('sslmode', sslmode);
  const login = [user, ...(password === '' ? [] : [password])].map(encodeURIComponent).join(':');
  // A folder, that of a Unix socket, is a host with its slashes escaped.
  const place = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  const rest = query.size === 0 ? '' : `?${query.toString()}`;
  return `postgres://${login}@${place}:${port}/${database}${rest}`;
}

function ownName(): string {
  const name = userName();
  if (name === undefined)
    throw new ConfigurationError('DATABASE_URL names no user, and the user of this process has no name');
  return name;
}

/** A spelled-out address with another role. What the administrator's `options` set is not for services. */
export function asRole(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = role;
  changed.password = password;
  changed.searchParams.delete('options');
  return changed.href;
}

/** Host, port and database of a spelled-out address, for people. */
export function placeOf(url: string): string {
  const { host, pathname } = new URL(url);
  return decodeURIComponent(`${host}${pathname}`);
}
