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

/** What a proxy passes on of an answer that came from `target`. */
type Translate = (answer: Buffer, target: string, port: number) => Buffer;

/** Listens on a free port; `target` (`host:port`) is asked for at each connection. */
export async function startProxy(
  target: () => string,
  translate: Translate = (answer) => answer,
): Promise<Proxy> {
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
    const address = target();
    const [host, farPort] = address.split(':') as [string, string];
    const far = connect(Number(farPort), host);
    if (state === 'silent') swallowed.add(near).add(far);
    pass(near, far, (bytes) => bytes);
    pass(far, near, (bytes) => translate(bytes, address, port));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
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

  function pass(from: Socket, to: Socket, through: (bytes: Buffer) => Buffer): void {
    open.add(from);
    from.setNoDelay();
    from.on('data', (bytes) => void (swallowed.has(from) || to.write(through(bytes))));
    from.on('end', () => void (swallowed.has(from) || to.end()));
    from.on('error', () => {});
    from.on('close', () => {
      open.delete(from);
      if (!swallowed.has(from)) to.destroy();
    });
  }
}

/**
 * A proxy to a broker of Kafka. A broker tells its clients where it is, and they go there by themselves; so the proxy puts
 * its own port into those answers.
 */
export function startKafkaProxy(target: () => string): Promise<Proxy> {
  return startProxy(target, (answer, address, port) => {
    const [host, brokerPort] = address.split(':') as [string, string];
    const told = Buffer.concat([Buffer.from(host), int32(Number(brokerPort))]);
    const translated = Buffer.from(answer);
    for (let at = answer.indexOf(told); at >= 0; at = answer.indexOf(told, at + 1)) {
      translated.writeInt32BE(port, at + host.length);
    }
    return translated;
  });
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** `host:port` of a URL. */
export const hostOf = (url: string): string => new URL(url).host;

/** The URL, by way of a proxy. */
export function throughProxy(url: string, { port }: Pick<Proxy, 'port'>): string {
  const proxied = new URL(url);
  proxied.host = `127.0.0.1:${port}`;
  return proxied.href;
}
