/**
 * Random sequences, played in several styles side by side; by styles that give up what faults, those in which nothing breaks.
 * A failure gives the sequence in words, and the `MODEL_SEED` and `MODEL_PATH` that play it again.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import type { Style } from '../../domain/signup.ts';
import { onOwnStack } from '../own-stack.ts';
import { stylesThat, stylesThatCannot } from '../styles-that.ts';
import { play } from './playing.ts';
import { calmSequences, sequences, type Sequence } from './sequences.ts';

const seed = Number(process.env['MODEL_SEED'] ?? randomInt(2 ** 31));
const path = process.env['MODEL_PATH'];

/** Within seconds a mail is tried several times; a clock that is moved by an hour leaves no attempts. */
const retries = { RETRY_FIRST_MS: '200', RETRY_ATTEMPTS: '13' };

/** In a `describe`: gives its tests a stack of their own, and plays so many sequences on it. */
export function randomSequences(runs: number): void {
  onOwnStack({ environment: retries });

  comesOut('as the model says, by every style that parks', sequences, stylesThat('parking'));
  comesOut(
    'as the model says, where nothing breaks, by the others',
    calmSequences,
    stylesThatCannot('parking'),
  );

  function comesOut(how: string, from: fc.Arbitrary<Sequence>, by: readonly Style[]): void {
    it(`comes out ${how}`, async () => {
      let played = 0;
      const details = await fc.check(
        fc.asyncProperty(from, async (sequence) => {
          played += 1;
          await play(sequence, { by });
        }),
        // A sequence takes seconds: the first that fails is shown as it is.
        {
          seed,
          numRuns: path === undefined ? runs : 1,
          endOnFailure: true,
          ...(path === undefined ? {} : { path }),
        },
      );
      if (!details.failed) return;
      const again = `MODEL_SEED=${seed} MODEL_PATH=${details.counterexamplePath} npm test -- tests/time/fast-forward-model.test.ts`;
      throw new Error(
        `${(details.errorInstance as Error).message}\nIt was sequence ${played}. To play it again:\n  ${again}`,
        { cause: details.errorInstance },
      );
    }).timeout(20_000 * Math.max(18, runs));
  }
}
