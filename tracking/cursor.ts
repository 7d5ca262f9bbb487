/**
 * Reading a list in which numbers are given out before their rows are committed: a row may appear behind one that was read already.
 * So the numbers that were missing are remembered, and looked for again until they come or can come no more.
 */

/** How far a list was read, and which numbers up to there were not there yet, or were not taken. */
export type Cursor = { end: number; missing: readonly Missing[] };

/** Numbers that follow each other; `since` is a monotonic time. */
export type Missing = { from: number; to: number; since: number };

/** Far longer than any transaction lives: the server ends idle ones after 10 s, and a statement after 8 s. */
const givenUpAfterMs = 60_000;

/** The cursor once these rows were taken, in the order of their numbers. Rows that were read and not taken are missing. */
export function advance(cursor: Cursor, taken: readonly number[], now: number): Cursor {
  let { end } = cursor;
  let missing = cursor.missing.filter(({ since }) => now - since < givenUpAfterMs);
  for (const number of taken) {
    if (number > end) {
      missing.push({ from: end + 1, to: number - 1, since: now });
      end = number;
    } else {
      missing = missing.flatMap((gap) =>
        number < gap.from || number > gap.to
          ? [gap]
          : [
              { ...gap, to: number - 1 },
              { ...gap, from: number + 1 },
            ],
      );
    }
    missing = missing.filter(({ from, to }) => from <= to);
  }
  return { end, missing };
}

/** Where to read on after a restart: before it nothing is missing. */
export function settledUpTo({ end, missing }: Cursor): number {
  return Math.min(end, ...missing.map(({ from }) => from - 1));
}
