/** A TCP proxy that can fall silent, taking what both sides say and passing nothing on, or reset every connection. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Proxy = {
  readonly port: number;
  /** How many connections were taken so far. */
  taken(): number;
  /** How many of them have not ended. */
  present(): number;
  /** Swallows all that goes through the present connections, and through new ones until `heal`; closes nothing. */
  swallow(): void;
  /** Resets the present connections, and new ones until `heal`. */
  reset(): void;
  /** New connections go through; those that were swallowed stay dead, as behind a firewall that forgot them. */
  heal(): void;
  close(): Promise<void>;
};

/** Listens on a free port; `target` (`host:port`) is asked for at each connection. */
export async function startProxy(target: () => string): Promise<Proxy> {
  let state: 'open' | 'silent' | 'resetting' = 'open';
  const swallowed = new WeakSet<Socket>();
  const open = new Set<Socket>();
  let taken = 0;
  let ended = 0;
  const server = createServer((near) => {
    taken += 1;
    near.on('error', () => {});
    near.on('close', () => (ended += 1));
    if (state === 'resetting') return void near.resetAndDestroy();
    const [host, port] = target().split(':') as [string, string];
    const far = connect(Number(port), host);
    if (state === 'silent') swallowed.add(near).add(far);
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    present: () => taken - ended,
    swallow() {
      state = 'silent';
      for (const socket of open) swallowed.add(socket);
    },
    reset() {
      state = 'resetting';
      for (const socket of open) socket.resetAndDestroy();
    },
    heal: () => void (state = 'open'),
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };

  function pass(from: Socket, to: Socket): void {
    open.add(from);
    from.setNoDelay();
    from.on('data', (bytes) => void (swallowed.has(from) || to.write(bytes)));
    from.on('end', () => void (swallowed.has(from) || to.end()));
    from.on('error', () => {});
    from.on('close', () => {
      open.delete(from);
      if (!swallowed.has(from)) to.destroy();
    });
  }
}

/** `host:port` of a URL. */
export const hostOf = (url: string): string => new URL(url).host;

/** The URL, by way of a proxy. */
export function throughProxy(url: string, { port }: Pick<Proxy, 'port'>): string {
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${port}`;
  return proxied.href;
}
