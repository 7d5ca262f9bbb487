/** Spans of time as people write them: `90m`, `24h`, `7d`. */
import { z } from 'zod';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const expected = 'expected a duration such as 90m, 24h or 7d';
const form = /^([1-9]\d{0,8})([smhd])$/;

/** The longest that a signup's clock is moved at once: 30 days. */
const longestMs = 30 * unitMs.d;

/** A span of time, read into milliseconds. */
export const Duration = z
  .string(expected)
  .regex(form, expected)
  .transform(millisecondsOf)
  .refine((milliseconds) => milliseconds <= longestMs, 'expected at most 30d');

/** The milliseconds of a span of time that is written in that form. */
export function millisecondsOf(text: string): number {
  const [, number, unit] = form.exec(text)!;
  return Number(number) * unitMs[unit as keyof typeof unitMs];
}

/** A span of time in words, in its largest two units: `6 d 23 h`, `1 h 30 m`, `0 s`. */
export function inWords(milliseconds: number): string {
  let leftMs = Math.max(0, milliseconds);
  const parts = (['d', 'h', 'm', 's'] as const).map((unit) => {
    const number = Math.floor(leftMs / unitMs[unit]);
    leftMs -= number * unitMs[unit];
    return { number, text: `${number} ${unit}` };
  });
  const first = parts.findIndex(({ number }) => number > 0);
  const shown =
    first === -1 ? parts.slice(-1) : parts.slice(first, first + 2).filter(({ number }) => number > 0);
  return shown.map(({ text }) => text).join(' ');
}
