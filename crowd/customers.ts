/**
 * Who comes in a crowd, and when: the same share of each intent in every style, at the same pace. Nothing is left to chance, so that two
 * crowds of the same size differ in nothing but what they were answered.
 */
import type { CrowdComing } from '../domain/crowd.ts';
import type { SignupRequest } from '../domain/signup.ts';

/** One who comes. The address is theirs alone, and so is the key. */
export type Customer = {
  key: string;
  request: SignupRequest;
  /** Milliseconds after the first one. */
  dueMs: number;
  /** What they do once they have signed up. */
  intent: 'wait' | 'click' | 'undeliverable';
};

/** The customers of the crowd `group`, in the order in which they come. */
export function customersOf(
  group: string,
  { count, perSecond, styles, intents = {} }: CrowdComing,
): Customer[] {
  const intentOf = intentsIn(intents);
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / styles.length);
    // In each round another style goes first: none always has the leftovers of the same one before it.
    const style = styles[(index + round) % styles.length]!;
    const intent = intentOf(round);
    const key = `${group}-${index + 1}`;
    const domain = intent === 'undeliverable' ? 'undeliverable.example' : 'example.com';
    return {
      key,
      intent,
      dueMs: (index * 1000) / perSecond,
      request: {
        email: `${key}@${domain}`,
        phone: `+1999${String(index).padStart(10, '0')}`,
        name: `Customer ${index + 1}`,
        style,
        group,
      },
    };
  });
}

/** What the customer of a round intends, whichever style they come to: shares are spread evenly over the rounds. */
function intentsIn({ click = 0, undeliverable = 0 }: NonNullable<CrowdComing['intents']>) {
  /** How many of the first `rounds` are of a share; the small part makes up for shares that are no binary fractions. */
  const upTo = (rounds: number, share: number) => Math.floor(rounds * share + 1e-9);
  return (round: number): Customer['intent'] => {
    const unreached = upTo(round, undeliverable);
    if (upTo(round + 1, undeliverable) > unreached) return 'undeliverable';
    const reached = round - unreached;
    // Of those who can be reached, so that both shares are of all.
    const shareOfReached = undeliverable < 1 ? click / (1 - undeliverable) : 0;
    return upTo(reached + 1, shareOfReached) > upTo(reached, shareOfReached) ? 'click' : 'wait';
  };
}
