/** What tests of days do besides what any user does: move clocks, and draw numbers that can be drawn again. */
import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import type { Signup } from '../../domain/signup.ts';
import { send, type Problem, type Reply } from '../client.ts';

/** `POST /signups/<id>/fast-forward`. */
export function forwarded(id: string, by: string): Promise<Reply<Signup & Problem>> {
  return send('POST', `/signups/${id}/fast-forward`, { body: { by } });
}

/** Moves the clock of a signup, which must succeed. */
export async function fastForward(id: string, by: string): Promise<Signup> {
  const { status, body } = await forwarded(id, by);
  assert.equal(status, 200, `fast-forward by ${by} answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Numbers between 0 and 1 (mulberry32). `TIME_SEED` draws those of an earlier run again. */
export function seeded(): { seed: number; next(): number } {
  const seed = Number(process.env['TIME_SEED'] ?? randomInt(2 ** 31));
  let state = seed;
  return {
    seed,
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}
