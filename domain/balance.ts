/**
 * What an account holds. It is asked for and answered, and no event or workflow carries it: an answer is what its
 * reader waits for, so it stays synchronous, and no style has a part in it.
 */
import { z } from 'zod';

/** What an account gets when it is activated. */
export const welcomeCreditCents = 500;

/** A balance as `GET /accounts/<id>/balance` shows it. */
export const Balance = z.object({
  amount: z.string().regex(/^-?\d+\.\d\d$/),
  currency: z.literal('EUR'),
  asOf: z.iso.datetime().describe('When it was read, by the clock of the database'),
});
export type Balance = z.infer<typeof Balance>;

/** Reads a balance. Undefined where there is no such account. Throws `Unavailable`. */
export type ReadBalance = (accountId: string) => Promise<Balance | 'closed' | undefined>;

/** A balance of so many cents. */
export function balanceOf(cents: number, asOf: string): Balance {
  return { amount: (cents / 100).toFixed(2), currency: 'EUR', asOf };
}
