/**
 * The chain's side of the HTTP edge. Step 1 runs in the api itself, which belongs to the accounts service: one transaction
 * holds the request, the account and the event. So an answer needs the accounts' database, and no broker.
 */
import { randomUUID } from 'node:crypto';
import { findAccount, signupOf, type AccountSteps } from '../../activities/accounts.ts';
import { firstAnswer, insertRequest, markRefused, signupAskedFor } from '../../activities/requests.ts';
import { inBatches, inOrderOfKey } from '../../adapters/batches.ts';
import { canWrite, type Database } from '../../adapters/postgres.ts';
import type { Coordinator, Started } from '../../domain/coordinator.ts';
import {
  signupShown,
  type ParkedStep,
  type Signup,
  type SignupRequest,
  type Style,
} from '../../domain/signup.ts';
import { ownTime } from '../../messaging/clock.ts';
import type { Clocks } from './fast-forward.ts';
import { removalOfOld } from '../../messaging/housekeeping.ts';
import { tell, type InTellingTransaction } from '../../messaging/outbox.ts';
import { click, openSignup } from '../../choreography/accounts.ts';
import { ownSteps } from './own-steps.ts';
import { toldSteps } from '../../tracking/tracked.ts';

/** For 30 days an Idempotency-Key is known to have been refused; afterwards it is new. That of an account is known as long as the account. */
export const removalOfOldRequests = removalOfOld('requests', 'requested_at');

/** A signup that is asked for. */
type Asked = { signupId: string; request: SignupRequest };

/** `style` is the one that is told of; `transaction` is that of the relay, which publishes what is told once it is committed; `clocks` is an operator's tool. */
export function chainCoordinator(options: {
  style: Style;
  database: Database;
  steps: AccountSteps;
  transaction: InTellingTransaction;
  clocks: Clocks;
}): Coordinator {
  const { style, database, steps, transaction: inTransaction, clocks } = options;
  const aboutSignup = (signupId: string, time: string) => ({ source: '/accounts', style, signupId, time });
  const own = ownSteps();
  const start = inBatches(startTogether);

  return {
    async start(signupId, request) {
      const started = await start({ signupId, request });
      return started === 'known' ? startedBefore(signupId, request) : started;
    },

    async click(signupId) {
      if (!(await findAccount(database, signupId))) return 'unknown';
      const clicked = await inTransaction(async (transaction) => {
        const at = await ownTime(transaction, signupId);
        const { answer, facts } = await click(steps, transaction, { signupId, at });
        tell(transaction, aboutSignup(signupId, at), facts);
        return answer;
      });
      return 'refused' in clicked ? 'closed' : 'activated';
    },

    find,

    async resume(signupId) {
      await inTransaction(async (transaction) => {
        // Which service has parked something is not known here: each looks for itself. Asked twice, it is told twice.
        const about = { ...aboutSignup(signupId, await ownTime(transaction, signupId)), id: randomUUID() };
        tell(transaction, about, [{ type: 'resume.requested', data: {} }]);
      });
    },

    fastForward: clocks.fastForward,

    missing: async () => ((await canWrite(database)) ? undefined : 'database'),
  };

  // Cost 9 (choreography): the answer is a transaction of the accounts database. While that is away no
  // signup is taken, where a workflow is started all the same and opens the account later.
  /** What comes in while others are written is written with the next: one commit for many, under load. */
  function startTogether(all: readonly Asked[]): Promise<(Started | 'known')[]> {
    const at = new Date().toISOString();
    return inTransaction((transaction) =>
      inOrderOfKey(
        all,
        ({ signupId }) => signupId,
        async ({ signupId, request }): Promise<Started | 'known'> => {
          // Cost 4 (choreography): the idempotency of the request is a table of ours; Temporal's workflow ids come with it.
          const [isNew] = await insertRequest(transaction, signupId, request, at);
          if (!isNew) return 'known';
          const { answer: opening, facts } = await openSignup(steps, transaction, {
            signupId,
            at,
            ...request,
          });
          const about = aboutSignup(signupId, 'ok' in opening ? opening.ok.openedAt : at);
          tell(transaction, { ...about, group: request.group }, facts);
          if ('refused' in opening) {
            await markRefused(transaction, signupId, opening.refused, opening.message);
            return opening;
          }
          const { openedAt: startedAt, verifyBy } = opening.ok;
          return { accepted: signupShown(signupId, request, { status: 'pending', startedAt, verifyBy }) };
        },
      ),
    );
  }

  /** The same key again: the first answer again, with the signup as it is by now. */
  async function startedBefore(signupId: string, request: SignupRequest): Promise<Started> {
    const first = await firstAnswer(database, signupId, request);
    if (!('account' in first)) return first;
    const signup = await find(signupId);
    if (!signup) throw new Error(`the account of signup \`${signupId}\` is gone`);
    return { accepted: signup };
  }

  async function find(signupId: string): Promise<Signup | undefined> {
    const account = await findAccount(database, signupId);
    return account ? signupOf(account, await parkedOf(signupId)) : signupAskedFor(database, signupId);
  }

  /** Of the accounts service itself from its own rows, of the others as they told it. */
  async function parkedOf(signupId: string): Promise<ParkedStep[]> {
    const [here, told] = await Promise.all([own.openOf(database, signupId), toldSteps(database, signupId)]);
    return [...here, ...told.filter(({ step }) => !own.include(step))]
      .filter(({ kind }) => kind === 'parked')
      .map(({ step, attempts, detail }) => ({ step, attempts, lastError: detail ?? '' }));
  }
}
