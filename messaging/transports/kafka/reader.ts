/** Reads Kafka for a process: as a member of the service's group, and as another one whenever that is over. */
import { randomUUID } from 'node:crypto';
import { every } from '../../../adapters/waiting.ts';
import type { OnProblem } from '../../transport.ts';
import type { ClientOptions } from './client.ts';
import { readAsMember } from './member.ts';
import type { Reader } from '../log/reader.ts';

export type KafkaReader = {
  isReading(): boolean;
  /** Takes nothing further. The partitions stay this process's. */
  stop(): void;
  /** Leaves the group, so that other processes have the partitions at once. */
  close(): Promise<void>;
};

const againAfterMs = 500;

/** For some 5 s a Kafka that is new may have no coordinator yet for a process that joins for the first time. */
const triesUntold = 10;

/** Starts to read whenever Kafka `isThere`. Returns at once. */
export function startKafkaReader(options: {
  client: ClientOptions;
  topic: string;
  group: string;
  reader: Reader;
  isThere: () => boolean;
  onProblem: OnProblem;
}): KafkaReader {
  const { client, topic, group, reader, isThere, onProblem } = options;
  const stopping = new AbortController();
  const leaving = new AbortController();
  const member = { client, topic, group, instance: randomUUID(), reader };
  let isReading = false;
  let untold = triesUntold;
  const running = every(againAfterMs, readIfThere, stopping.signal);

  return {
    isReading: () => isReading,
    stop: () => stopping.abort(),
    async close() {
      stopping.abort();
      leaving.abort();
      await running;
    },
  };

  async function readIfThere(): Promise<void> {
    if (!isThere()) return;
    try {
      const onReading = () => {
        isReading = true;
        untold = 0;
      };
      await readAsMember({ ...member, stopping: stopping.signal, leaving: leaving.signal, onReading });
    } catch (error) {
      if (untold > 0) untold -= 1;
      else if (!leaving.signal.aborted) onProblem('reads again from Kafka', error as Error);
    } finally {
      isReading = false;
    }
  }
}
