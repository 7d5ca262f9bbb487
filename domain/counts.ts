/** What the late subscriber has counted, as it is shown. */
import { z } from 'zod';
import { styles } from './signup.ts';

/** The signups of a style that began on a day, and what became of them. */
export const Day = z
  .object({
    day: z.iso.date(),
    style: z.enum(styles),
    opened: z.int(),
    activated: z.int(),
    expired: z.int(),
    undeliverable: z.int(),
  })
  .meta({ id: 'Day' });
export type Day = z.infer<typeof Day>;

/** The answer of `GET /statistics`. */
export const CountedDays = z
  .object({ days: z.array(Day).nullable().describe('null as long as statistics never joined') })
  .meta({ id: 'CountedDays' });
