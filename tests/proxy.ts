/** A TCP proxy that can fall silent: it then takes what both sides say and passes nothing on, and closes nothing. */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export type Proxy = {
  readonly port: number;
  /** Swallows all that goes through the present connections, and through new ones until `heal`. */
  swallow(): void;
  /** New connections go through; those that were swallowed stay dead, as behind a firewall that forgot them. */
  heal(): void;
  close(): Promise<void>;
};

/** Listens on a free port; `target` (`host:port`) is asked for at each connection. */
export async function startProxy(target: () => string): Promise<Proxy> {
  let isSilent = false;
  const swallowed = new WeakSet<Socket>();
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const [host, port] = target().split(':') as [string, string];
    const far = connect(Number(port), host);
    if (isSilent) swallowed.add(near).add(far);
    pass(near, far);
    pass(far, near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    swallow() {
      isSilent = true;
      for (const socket of open) swallowed.add(socket);
    },
    heal: () => void (isSilent = false),
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
export function throughProxy(url: string, { port }: Proxy): string {
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${port}`;
  return proxied.href;
}
