/** The transport that is tested, in a place of its own, and the ways over it that a test opens. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { pino } from 'pino';
import type { Database } from '../../adapters/postgres.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { EventKey } from '../../domain/events.ts';
import type { Missed, Receive, Transport, Way } from '../../messaging/transport.ts';
import type { Service } from '../own-servers.ts';
import { until } from '../../adapters/waiting.ts';
import { aboutSignup } from '../wire.ts';

/** A transport with what its tests need besides. */
export type TransportUnderTest = {
  /** The transport as a service has it. */
  of(service: Service): Transport;
  /** Puts a message under that key which no service of ours would publish. */
  publishRaw(key: EventKey, content: string): Promise<void>;
  /** How many messages of a subscription wait to be handed to it. */
  waiting(queue: string): Promise<number>;
  /** Has every service pass what was published until now, where a new subscription would get it. */
  pass?(): Promise<void>;
  /** Cuts all connections and lets none through until `mend`. */
  cut(): void;
  mend(): void;
  /** How many connections there are to what carries the events. */
  connections(): number;
  /**
   * A program that listens to `account.activated` as a queue of notifications, the one of its first argument.
   * It prints a line once it listens, then the id of each event that comes, and finishes none until it is told to.
   */
  holding: { program: string; environment: Record<string, string> };
  remove(): Promise<void>;
};

export type Ways = ReturnType<typeof waysOf>;

/** What of a place over a log is read off the services' positions. `ends` are the numbers that the next records will have. */
export function positionsOf(
  databases: Record<Service, Database>,
  ends: () => Promise<number[]>,
): Required<Pick<TransportUnderTest, 'waiting' | 'pass'>> {
  return {
    async waiting() {
      const { rows } = await databases.notifications.query<{ passed: number }>(
        'select coalesce(sum(next), 0)::float8 as passed from positions',
      );
      const published = (await ends()).reduce((sum, end) => sum + end, 0);
      return published - rows[0]!.passed;
    },
    async pass() {
      const all = await ends();
      for (const database of Object.values(databases)) {
        await database.query('update positions set next = ($1::bigint[])[partition + 1], turn = turn + 1', [
          all,
        ]);
      }
    },
  };
}

/** Opens ways over a transport, and closes all of them. */
export function waysOf(place: TransportUnderTest) {
  const opened: Way[] = [];
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );

  async function open(service: Service): Promise<Way> {
    const way = await place.of(service).open({ service, log });
    opened.push(way);
    return way;
  }

  return {
    /** What was said in the log with that message. */
    said: (message: string) => logged.filter(({ msg }) => msg === message),
    /** A way of a process that only publishes, not connected yet. */
    unconnected: () => open('accounts'),
    async publishing(): Promise<Way> {
      const way = await open('accounts');
      await until('a connection', () => way.isConnected());
      return way;
    },
    /** A way of a process that listens. An event counts as received once `receive` has resolved. */
    async listening(
      service: Service,
      on: Record<string, readonly EventKey[]>,
      receive: Receive = async () => {},
    ) {
      const way = await open(service);
      const heard: { queue: string; id: string }[] = [];
      const asked: Missed[] = [];
      await way.listen({
        subscriptions: Object.entries(on).map(([queue, keys]) => ({ queue, on: keys })),
        async receive(queue, envelope) {
          await receive(queue, envelope);
          heard.push({ queue, id: envelope.id });
        },
        askAgain: async (missed) => void asked.push(missed),
      });
      await until('it to listen', () => way.isConnected());
      const all = (queue: string) => heard.filter((each) => each.queue === queue).map(({ id }) => id);
      return {
        way,
        asked,
        /** The ids of what a subscription has received, in order. */
        all,
        async received(queue: string, { id, type }: Envelope): Promise<void> {
          await until(`${queue} to receive ${type}`, () => all(queue).includes(id));
        },
      };
    },
    /** Starts the program that keeps in hand what it gets. */
    holding(queue: string) {
      const { PATH, HOME } = process.env;
      const { program, environment } = place.holding;
      const child = spawn(process.execPath, [program, queue], {
        env: { PATH, HOME, ...environment },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const lines: string[] = [];
      createInterface(child.stdout).on('line', (line) => lines.push(line));
      const kill = async () => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'close');
      };
      return {
        listens: () => until(`${program} to listen`, () => lines.length > 0),
        inHand: () => lines.slice(1),
        freeze: () => void child.kill('SIGSTOP'),
        thaw: () => void child.kill('SIGCONT'),
        /** Has it finish what it holds, and end. */
        async finish(): Promise<void> {
          const ended = once(child, 'close');
          child.stdin.write('\n');
          child.kill('SIGCONT');
          await ended;
        },
        kill,
        [Symbol.asyncDispose]: kill,
      };
    },
    async close(): Promise<void> {
      await Promise.all(opened.splice(0).map((way) => way.close()));
    },
  };
}

/** What is waited for until it is opened. */
export function gated(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** The name of a subscription that no other test has. */
export const queueOf = (service: Service) => `${service}.test-${randomUUID().slice(0, 8)}`;

const email = 'a@example.com';

export const activated = (signupId: string = randomUUID()): Envelope =>
  aboutSignup(signupId, { type: 'account.activated', data: { email } });

export const closed = (signupId: string = randomUUID()): Envelope =>
  aboutSignup(signupId, { type: 'account.closed', data: { email, reason: 'expired' } });
