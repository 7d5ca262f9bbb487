/**
 * A member of a group of Kafka, among whose members the partitions of the topic are shared out. It reads until it errs,
 * falls silent or is told to leave. It begins at the positions that the service has kept: what the client remembers of a
 * partition may be older than what another process has done since.
 */
import { Consumer, stringDeserializers, type MessagesStream } from '@platformatic/kafka';
import { DatabaseUnavailable } from '../../../adapters/postgres.ts';
import { pause } from '../../../adapters/waiting.ts';
import { closed, firstRecord, nextRecord, type ClientOptions } from './client.ts';
import type { Extent } from '../log/beginning.ts';
import type { Reader, Reading } from '../log/reader.ts';

type Stream = MessagesStream<string, string, string, string>;

/** A partition in hand, and the record that follows the last that was taken. */
type Partition = { reading: Reading; next: number };

// Cost 1 (stream-kafka): a process that was killed keeps its partitions for a session, where a queue hands its
// messages on at once.
const sessionMs = 6000;

const membership = {
  sessionTimeout: sessionMs,
  rebalanceTimeout: sessionMs,
  heartbeatInterval: 1000,
  // A request to join is answered once all members have joined.
  requestTimeout: sessionMs + 2000,
  // A partition that moves is left by the one before it is given to the other, and the rest is read on meanwhile.
  protocols: [{ name: 'cooperative-sticky', version: 3 }],
};

/** How long Kafka holds a fetch that finds nothing. */
const fetchWithinMs = 2000;

/** By then some fetch has ended, where Kafka answers. */
const silentAfterMs = 8000;

/** Kafka is told where the group is for the sake of its tools; the positions that count are the service's. */
const commitEveryMs = 5000;

const beginAgainAfterMs = 500;

export type Membership = {
  client: ClientOptions;
  topic: string;
  group: string;
  /** Names the process within the group. Its next member takes the place of the last, also of one that is not gone yet. */
  instance: string;
  reader: Reader;
  /** Aborted once nothing further is to be taken. */
  stopping: AbortSignal;
  /** Aborted once the group is to be left. */
  leaving: AbortSignal;
  onReading: () => void;
};

/** Reads as a member until that is over, and throws why. */
export async function readAsMember(options: Membership): Promise<never> {
  const { client, topic, group, instance, reader, stopping, leaving, onReading } = options;
  const consumer = new Consumer<string, string, string, string>({
    ...client,
    ...membership,
    groupId: group,
    groupInstanceId: `${group}-${instance}`,
    deserializers: stringDeserializers,
    autocommit: false,
    maxWaitTime: fetchWithinMs,
  });
  const partitions = new Map<number, Partition>();
  const membershipOver = new AbortController();
  const { signal: over } = membershipOver;
  const end = (reason: unknown) => membershipOver.abort(reason);
  let stream: Stream | undefined;
  let isFull = false;
  let heardAt = performance.now();
  let following = Promise.resolve();

  leaving.addEventListener('abort', end, { once: true, signal: over });
  consumer.on('consumer:group:join', follow);
  consumer.on('consumer:group:rebalance', leaveOthers);
  consumer.on('consumer:heartbeat:error', ({ error }) => end(error));
  consumer.on('error', end);
  const watching = setInterval(() => {
    if (stream && !isFull && performance.now() - heardAt > silentAfterMs) end(new Error('Kafka fell silent'));
  }, 1000);
  const committing = setInterval(() => void commit().catch(() => {}), commitEveryMs);
  try {
    if (leaving.aborted) end(leaving.reason);
    consumer.topics.track(topic);
    await Promise.race([consumer.joinGroup({}), aborted(over)]);
    return await aborted(over);
  } finally {
    end(new Error('the member has left'));
    clearInterval(watching);
    clearInterval(committing);
    for (const { reading } of partitions.values()) void reading.leave();
    await closed(consumer.close(true));
  }

  function follow(): void {
    following = following.then(followAssignment).catch(end);
  }

  /** Leaves what is another's now, begins what is new, and goes on with the rest where it is. */
  async function followAssignment(): Promise<void> {
    if (over.aborted) return;
    leaveOthers();
    const gained = mine().filter((partition) => !partitions.has(partition));
    for (const reading of gained.length > 0 ? await begin(gained) : []) {
      partitions.set(reading.partition, { reading, next: reading.from });
      reading.over.addEventListener('abort', follow, { once: true });
    }
    if (gained.length > 0 || partitions.size === 0) await readOn();
    onReading();
  }

  function leaveOthers(): void {
    for (const { reading } of partitions.values()) {
      if (!reading.over.aborted && mine().includes(reading.partition)) continue;
      partitions.delete(reading.partition);
      void reading.leave();
    }
  }

  function mine(): number[] {
    return (consumer.assignments ?? []).flatMap((each) => each.partitions);
  }

  async function begin(gained: readonly number[]): Promise<Reading[]> {
    for (;;) {
      try {
        over.throwIfAborted();
        return await reader.begin(gained, extentsOf);
      } catch (error) {
        // The service's database is away, which is no reason to leave the group.
        if (over.aborted || !(error instanceof DatabaseUnavailable)) throw error;
        await pause(beginAgainAfterMs, over);
      }
    }
  }

  async function extentsOf(wanted: readonly number[]): Promise<Map<number, Extent>> {
    const [metadata, first, last] = await Promise.all([
      consumer.metadata({ topics: [topic], forceUpdate: true }),
      offsetsAt(firstRecord),
      offsetsAt(nextRecord),
    ]);
    // A topic that was deleted and made again has another id.
    const incarnation = metadata.topics.get(topic)!.id;
    return new Map(
      wanted.map((partition) => [
        partition,
        { first: Number(first[partition]), end: Number(last[partition]), incarnation },
      ]),
    );
  }

  async function offsetsAt(timestamp: bigint): Promise<bigint[]> {
    const offsets = await consumer.listOffsets({ topics: [topic], timestamp });
    return offsets.get(topic) ?? [];
  }

  /** Replaces the stream of records by one that goes on from here in each partition. */
  async function readOn(): Promise<void> {
    const before = stream;
    stream = undefined;
    if (partitions.size > 0) {
      const offsets = positions();
      stream = await consumer.consume({ topics: [topic], mode: 'manual', fallbackMode: 'fail', offsets });
      heardAt = performance.now();
      takeFrom(stream).catch(end);
    }
    // Not before: a consumer without any stream has no topic, and the group would be shared out again.
    before?.destroy();
  }

  async function takeFrom(records: Stream): Promise<void> {
    records.on('fetch', () => (heardAt = performance.now()));
    for await (const { partition, offset, value } of records) {
      if (records !== stream || stopping.aborted || over.aborted) return;
      const known = partitions.get(partition);
      if (!known || known.reading.over.aborted) continue;
      known.next = Number(offset) + 1;
      isFull = true;
      await known.reading.take(Number(offset), value);
      isFull = false;
      heardAt = performance.now();
    }
    if (records === stream) throw new Error('the stream of records ended');
  }

  async function commit(): Promise<void> {
    const offsets = positions().map((position) => ({ ...position, leaderEpoch: -1 }));
    if (offsets.length > 0) await consumer.commit({ offsets });
  }

  function positions() {
    return [...partitions].map(([partition, { next }]) => ({ topic, partition, offset: BigInt(next) }));
  }
}

/** Rejects with the reason once the signal is aborted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
