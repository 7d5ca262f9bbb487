/** Random numbers that can be drawn again. */
import { randomInt } from 'node:crypto';

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
