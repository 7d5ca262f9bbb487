/** The styles whose events travel over a log, and what tests do to it behind the back of its services. */
import { Admin } from '@platformatic/kafka';
import amqp from 'amqplib';
import { styles, type Style } from '../domain/signup.ts';
import { traits, type Carrier } from '../domain/styles.ts';
import { eventTopic } from '../messaging/transports/kafka/kafka.ts';
import { partitions } from '../messaging/transports/log/log.ts';
import { streamOf } from '../messaging/transports/rabbitmq-stream/topology.ts';
import { withTopic } from '../tools/operator/kafka.ts';
import { withStreams, type OpenedLog } from '../tools/operator/logs.ts';
import { positionsIn, rewind } from '../tools/operator/positions.ts';
import { until } from '../adapters/waiting.ts';
import { databaseOf } from './inside.ts';
import { theStack } from './stack.ts';

type Log = {
  on: <T>(use: (log: OpenedLog) => Promise<T>) => Promise<T>;
  /** How many partitions each process of notifications holds. */
  readers: () => Promise<Map<string, number>>;
  /** Deletes all of it. */
  remove: () => Promise<void>;
};

const logs: Partial<Record<Carrier, Log>> = {
  'rabbitmq-stream': {
    on: (use) => withStreams(theStack().addresses.amqpAdmin, use),
    async readers() {
      const { rows } = await databaseOf('notifications').query<{ reader: string; held: number }>(
        `select held_by as reader, count(*)::int as held from positions join instances on id = held_by
         where log = 'rabbitmq-stream' and alive_until > now() group by held_by`,
      );
      return new Map(rows.map(({ reader, held }) => [reader, held]));
    },
    async remove() {
      const connection = await amqp.connect(theStack().addresses.amqpAdmin);
      const channel = await connection.createChannel();
      for (const partition of allPartitions) await channel.deleteQueue(streamOf(partition));
      await connection.close();
    },
  },
  kafka: {
    on: (use) => withTopic({ brokers: kafkaBrokers() }, eventTopic, use),
    readers: () =>
      asAdmin(async (admin) => {
        const name = `${eventTopic}.notifications`;
        const members = (await admin.describeGroups({ groups: [name] })).get(name)?.members.values() ?? [];
        return new Map(
          [...members].map(({ id, assignments }) => [
            id,
            assignments?.get(eventTopic)?.partitions.length ?? 0,
          ]),
        );
      }),
    remove: () => asAdmin((admin) => admin.deleteTopics({ topics: [eventTopic] })),
  },
};

/** A style over a log; `log` is its name in the tables of a service. */
export type LogStyle = Log & { style: Style; log: string };

/** All of them. */
export const logStyles: readonly LogStyle[] = styles.flatMap((style) => {
  const { carrier } = traits[style];
  const log = carrier && logs[carrier];
  return log ? [{ ...log, style, log: carrier }] : [];
});

async function asAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: kafkaBrokers() });
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

const allPartitions = Array.from({ length: partitions }, (_, partition) => partition);

function kafkaBrokers(): string[] {
  return [theStack().addresses.kafka ?? ''];
}

const readers = ['accounts', 'notifications'] as const;

/** Waits until every service has read what is in the log. */
export async function untilRead({ log, on }: LogStyle): Promise<void> {
  await until(`${log} to be read`, async () => {
    // Looked up each time: a log that was deleted may not be there again yet, and has other ends then.
    const ends = (await on((each) => each.extents())).flatMap((extent) => extent?.end ?? []);
    if (ends.length < partitions) throw new Error('it does not say of all partitions what they hold');
    const positions = (await positionsIn(theStack().addresses.databaseAdmin)).filter(
      (each) => each.log === log,
    );
    const behind = positions.filter(({ partition, next }) => next < ends[partition]!);
    if (behind.length > 0) throw new Error(JSON.stringify(behind));
    return positions.length === readers.length * ends.length;
  });
}

/** Has every service read the log from its beginning, and waits until it has. */
export async function readAgain(logStyle: LogStyle): Promise<void> {
  for (const service of readers) {
    const to = () => 0;
    await rewind(theStack().addresses.databaseAdmin, { service, log: logStyle.log, to }, { isDry: false });
  }
  await untilRead(logStyle);
}

/**
 * Waits until so many processes of notifications share the partitions of a log, not all of which did `before`: none of these
 * moves any more. Resolves with the processes.
 */
export async function untilSharedBy(
  processes: number,
  { log, readers: readersOf }: LogStyle,
  before: readonly string[] = [],
): Promise<string[]> {
  return until(`${processes} to share the partitions of ${log}`, async () => {
    const held = await readersOf();
    const ids = [...held.keys()];
    const isShared = ids.length === processes && ids.every((id) => held.get(id) === partitions / processes);
    if (isShared && !ids.every((id) => before.includes(id))) return ids;
    throw new Error(`they hold ${[...held.values()].join(' and ') || 'none'}`);
  });
}
