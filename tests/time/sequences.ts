/**
 * Random sequences of actions for the model, each planned to its end before anything is played: what cannot be done, or not
 * be told, is left out. Also how a sequence reads in words.
 */
import fc from 'fast-check';
import { inWords } from '../../domain/duration.ts';
import { after, beginning, type Action, type Mishap, type Service, type World } from './model.ts';

/** A planned sequence: each action with the world as it must be after it. */
export type Sequence = readonly { action: Action; world: World }[];

type Wish = {
  wanted: 'start' | 'click' | 'fast-forward' | 'resume' | 'kill or restart' | 'mail down or up';
  which: number;
  hours: number;
  service: Service;
  mishap: Mishap | undefined;
};

/** What a step and the way to it take, more or less. */
const mishapWithinMs = 300;

const wish: fc.Arbitrary<Wish> = fc.record({
  wanted: fc.oneof(
    { weight: 3, arbitrary: fc.constant('start' as const) },
    { weight: 3, arbitrary: fc.constant('click' as const) },
    { weight: 7, arbitrary: fc.constant('fast-forward' as const) },
    { weight: 1, arbitrary: fc.constant('resume' as const) },
    { weight: 3, arbitrary: fc.constant('kill or restart' as const) },
    { weight: 3, arbitrary: fc.constant('mail down or up' as const) },
  ),
  which: fc.nat({ max: 11 }),
  hours: fc.oneof(
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 23 }) },
    { weight: 3, arbitrary: fc.integer({ min: 25, max: 80 }) },
    { weight: 2, arbitrary: fc.integer({ min: 81, max: 200 }) },
  ),
  service: fc.constantFrom('accounts', 'notifications'),
  mishap: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    {
      weight: 1,
      arbitrary: fc.record<Mishap>({
        what: fc.constantFrom('accounts killed', 'notifications killed', 'answer lost'),
        afterMs: fc.integer({ min: 0, max: mishapWithinMs }),
      }),
    },
  ),
});

const manyWishes: fc.Arbitrary<Wish[]> = fc
  .tuple(wish, fc.array(wish, { minLength: 5, maxLength: 10 }))
  .map(([first, rest]) => [{ ...first, wanted: 'start' }, ...rest]);

/** Sequences that begin with a signup. */
export const sequences: fc.Arbitrary<Sequence> = manyWishes.map(planned);

/** Sequences in which nothing breaks. */
export const calmSequences: fc.Arbitrary<Sequence> = manyWishes.map((all) =>
  planned(
    all
      .filter(({ wanted }) => wanted !== 'kill or restart' && wanted !== 'mail down or up')
      .map((each) => ({ ...each, mishap: undefined })),
  ),
);

/** Plans actions one after the other, which must all be possible. */
export function sequenceOf(...actions: Action[]): Sequence {
  let world = beginning;
  return actions.map((action) => {
    const next = after(world, action);
    if (!next) throw new Error(`the model cannot tell what comes of it: ${actionInWords(action)}`);
    world = next;
    return { action, world };
  });
}

/** A sequence in words, a line for each action; `failedAt` marks one. */
export function inLines(sequence: Sequence, failedAt?: number): string {
  return sequence
    .map(({ action }, index) => `${index === failedAt ? '>' : ' '} ${index + 1}. ${actionInWords(action)}`)
    .join('\n');
}

function planned(wishes: readonly Wish[]): Sequence {
  const sequence: { action: Action; world: World }[] = [];
  let world = beginning;
  for (const each of wishes) {
    const action = actionOf(each, world);
    const next = action && after(world, action);
    if (!next) continue;
    world = next;
    sequence.push({ action, world });
  }
  return sequence;
}

function actionOf({ wanted, which, hours, service, mishap }: Wish, world: World): Action | undefined {
  const { signups, down, isMailUp } = world;
  const withMishap = down.length === 0 && isMailUp && mishap ? { mishap } : {};
  // Mostly one that waits: less comes of those that have ended.
  const waiting = signups.flatMap(({ outcome }, index) => (outcome === null ? index : []));
  const choice = waiting.length > 0 && which % 4 > 0 ? waiting : [...signups.keys()];
  const signup = choice[which % Math.max(1, choice.length)] ?? 0;
  switch (wanted) {
    case 'start':
      return { do: 'start', address: which % 3, ...withMishap };
    case 'click':
      return { do: 'click', signup, ...withMishap };
    case 'fast-forward':
      return { do: 'fast-forward', signup, hours, ...withMishap };
    case 'resume':
      return { do: 'resume', signup };
    case 'kill or restart':
      return { do: down.includes(service) ? 'restart' : 'kill', service };
    case 'mail down or up':
      return { do: isMailUp ? 'mail down' : 'mail up' };
  }
}

function actionInWords(action: Action): string {
  const mishap = 'mishap' in action && action.mishap ? mishapInWords(action.mishap) : '';
  switch (action.do) {
    case 'start':
      return `somebody signs up at address ${action.address + 1}${mishap}`;
    case 'click':
      return `click on the link of signup ${action.signup + 1}${mishap}`;
    case 'fast-forward':
      return `signup ${action.signup + 1} is moved by ${inWords(action.hours * 3_600_000)}${mishap}`;
    case 'resume':
      return `what is parked of signup ${action.signup + 1} is resumed`;
    case 'kill':
      return `${action.service} is killed`;
    case 'restart':
      return `${action.service} is started again`;
    case 'mail down':
      return 'the mail provider goes down';
    case 'mail up':
      return 'the mail provider is back';
  }
}

function mishapInWords({ what, afterMs }: Mishap): string {
  if (what === 'answer lost') return ', and the provider’s answer to the next mail is lost';
  const [service] = what.split(' ');
  return `, and ${service} is killed ${afterMs} ms later, and comes back`;
}
