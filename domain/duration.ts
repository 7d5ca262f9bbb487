/** Spans of time as people write them: `90m`, `24h`, `7d`. */
import { z } from 'zod';

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const form = /^([1-9]\d{0,8})([smhd])$/;

/** The longest that a signup's clock is moved at once: 30 days. */
export const longestMs = 30 * unitMs.d;

/** A span of time, read into milliseconds. */
export const Duration = z
  .string()
  .regex(form, 'expected a duration such as 90m, 24h or 7d')
  .transform((text) => {
    const [, number, unit] = form.exec(text)!;
    return Number(number) * unitMs[unit as keyof typeof unitMs];
  })
  .refine((milliseconds) => milliseconds <= longestMs, 'expected at most 30d');
