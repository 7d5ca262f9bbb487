/** What is due is worked on once at a time, also where the database is quicker than its answer. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Database } from '../../adapters/postgres.ts';
import { until } from '../../adapters/waiting.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { keyOf, type Delivery } from '../../messaging/deliveries.ts';
import { workOffDue } from '../../messaging/due.ts';

describe('A delivery that is due', () => {
  it('is in hand while it is worked on, also where it was claimed again before its last attempt had ended', async () => {
    const queue = 'accounts.a-queue';
    const delivery: Delivery = { queue, message_id: randomUUID(), envelope: {} as Envelope, attempts: 1 };
    const inHand: string[][] = [];
    // It is claimed twice: the first attempt has postponed it, and has not heard of that yet.
    const database = {
      async query({ name, values }: { name: string; values: unknown[] }) {
        if (name === 'is-anything-due') return { rows: [{ due: true }] };
        inHand.push(values[3] as string[]);
        return { rows: inHand.length <= 2 ? [delivery] : [] };
      },
    } as unknown as Database;
    const ends: (() => void)[] = [];
    const stopping = new AbortController();
    const { finished } = workOffDue({
      service: 'accounts',
      database,
      instance: randomUUID(),
      reactions: [{ queue }],
      attempt: () => new Promise((resolve) => ends.push(resolve)),
      signal: stopping.signal,
    });
    try {
      await until('the second attempt', () => ends.length === 2);
      ends[0]!();
      const looks = inHand.length;
      await until('two looks after the first', () => inHand.length >= looks + 2);
      assert.deepEqual(inHand.at(-1), [keyOf(delivery)]);
    } finally {
      stopping.abort();
      for (const end of ends) end();
      await finished();
    }
  });
});
