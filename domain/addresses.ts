/** Addresses below an address. Not with `new URL('/path', base)`: that drops the path of the base, and a proxy may have given it one. */

/** The address of a path below `base`, whose own path stays and whose query does not. */
export function below(base: string | URL, path: string): URL {
  const address = new URL(base);
  address.pathname = `${address.pathname.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
  address.search = '';
  address.hash = '';
  return address;
}
