/** The customers of a cell: seeded, so that a run can be repeated, and patient, as a good client is. */
import { until } from '../../adapters/waiting.ts';
import { seededRandom } from '../bench/load.ts';
import type { Style } from '../../domain/signup.ts';
import { signupIdOf } from '../../domain/tokens.ts';
import type { Evidence, Intent } from './evidence.ts';

/** A customer before anything has happened. The id of the signup follows from the key, so it is known from the start. */
export type Customer = Pick<Evidence, 'signupId' | 'style' | 'intent' | 'request'> & { key: string };

/** How often is looked what became of each customer: there are many of them at once. */
export const eachLookedAtEveryMs = 250;

/** So many customers with these intents in turn, of a stack with this key. `name` keeps cells of one run apart. */
export function customersOf(
  verificationKey: string,
  name: string,
  style: Style,
  seed: number,
  count: number,
  intents: readonly Intent[],
): Customer[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, index) => {
    const intent = intents[index % intents.length]!;
    const key = `lab ${name} ${seed} ${index}`.replaceAll(' ', '-');
    const domain = intent === 'undeliverable' ? 'undeliverable.example' : 'example.com';
    const digits = Math.floor(random() * 1e10)
      .toString()
      .padStart(10, '0');
    // Every fourth has no phone, apart from those to whom a closing SMS is to be told.
    const phone = index % 4 === 3 && intent !== 'undeliverable' ? {} : { phone: `+1999${digits}` };
    return {
      signupId: signupIdOf(style, key, verificationKey),
      style,
      intent,
      key,
      request: {
        email: `${key}.${style}@${domain}`.toLowerCase(),
        ...phone,
        name: `Customer ${index}`,
        style,
      },
    };
  });
}

/** The styles of these customers. */
export const stylesIn = (customers: readonly Customer[]): Style[] => [
  ...new Set(customers.map(({ style }) => style)),
];

/** What became of asking: `taken` is the no of step 1. */
export type Asked = 'accepted' | 'taken';

/** When a style was asked, and when it answered: availability is read off this. */
export type Availability = { failed(style: Style): void; accepted(style: Style): void };

/** Signs up as a careful client: repeats with the same key until there is an answer. Throws after `withinMs`. */
export async function signUp(
  api: string,
  { key, style, request }: Customer,
  availability: Availability,
  signal: AbortSignal,
  withinMs = 120_000,
): Promise<Asked> {
  const ask = async () => {
    const answer = await fetch(`${api}/signups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(15_000),
    });
    const text = await answer.text();
    if (answer.status >= 500) throw new Error(`${answer.status} ${text}`);
    return { status: answer.status, text };
  };
  const { status, text } = await until(
    `an answer to POST /signups of ${key}`,
    () =>
      ask().catch((error: unknown) => {
        availability.failed(style);
        throw error;
      }),
    { signal, withinMs, everyMs: eachLookedAtEveryMs },
  );
  const isAccepted = status === 201 || status === 202 || isUndeliverable(status, text);
  if (!isAccepted && status !== 409) throw new Error(`POST /signups answered ${status} ${text}`);
  availability.accepted(style);
  return isAccepted ? 'accepted' : 'taken';
}

/** The answer of a style that waits for all: the signup was taken, and has ended already. */
function isUndeliverable(status: number, text: string): boolean {
  return status === 422 && (JSON.parse(text) as { type?: string }).type?.endsWith('undeliverable') === true;
}

/** Seconds in which nothing was accepted: from the first request that failed to the next one that was accepted. */
export function watchAvailability(): Availability & { secondsWithout(style: Style): number } {
  const since = new Map<Style, number>();
  const without = new Map<Style, number>();
  return {
    failed: (style) => void (since.has(style) || since.set(style, Date.now())),
    accepted(style) {
      const began = since.get(style);
      since.delete(style);
      if (began !== undefined) without.set(style, (without.get(style) ?? 0) + Date.now() - began);
    },
    secondsWithout: (style) => Number(((without.get(style) ?? 0) / 1000).toFixed(1)),
  };
}
