/**
 * What comes back to signups whose requests are over: a look at those that are due, every 10 s. A visit that
 * faults is left for the next look, and given up once the one after it is due; nothing counts its attempts, and nothing is parked.
 */
import { findAccount, personOf, type AccountSteps } from '../../activities/accounts.ts';
import type { Database } from '../../adapters/postgres.ts';
import { every } from '../../adapters/waiting.ts';
import { Unavailable } from '../../domain/coordinator.ts';
import { reminders } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import type { CalledSteps } from '../../synchronous/steps.ts';
import {
  beforeAll,
  givenUpInMs,
  goOn,
  removeFollowUp,
  selectDueVisits,
  visitAfter,
  type FollowUp,
} from './visits.ts';

const lookEveryMs = 10_000;

/** So many visits are made side by side; with a silent provider each takes as long as a call waits. */
const pageSize = 10;

/** Does what is due of a signup. Throws the fault of a step; the visit is due as before then. */
export type MakeVisit = (followUp: FollowUp) => Promise<void>;

// Cost 3 (synchronous): the answer is given, and no one waits any more. Whatever is not to be lost needs a row that says so and a
// poller that finds it: an outbox by another name.
/** Visits signups by these steps. */
export function visiting(
  database: Database,
  { linkOf }: Pick<AccountSteps, 'linkOf'>,
  stepsOf: (style: Style) => CalledSteps,
): MakeVisit {
  return async (followUp) => {
    try {
      await make(followUp);
    } catch (fault) {
      if (fault instanceof Unavailable || givenUpInMs(followUp) > 0) throw fault;
      await after(followUp, 0);
    }
  };

  async function make(followUp: FollowUp): Promise<void> {
    const { signup_id: signupId, style, visit } = followUp;
    const steps = stepsOf(style);
    const account = await findAccount(database, signupId);
    const person = personOf(account);
    if (!account || !person) return void (await removeFollowUp(database, signupId));
    let isOver = account.status !== 'pending';
    let reminded = 0;
    // #region visits
    if (visit === 'deadline') {
      if (!isOver) await steps.closeAccount({ signupId, reason: 'expired' });
      const closed = await findAccount(database, signupId);
      // Sent before the visit counts as made, and so sent again by the next look where it faults.
      if (closed?.close_reason === 'expired')
        await steps.sendEmail({ signupId, purpose: 'expired', ...person });
      isOver = true;
    } else if (visit === 'unfinished') {
      // Its caller has left: the address that it holds is to be free again.
      if (!isOver && account.notified_at === null) {
        await steps.closeAccount({ signupId, reason: 'cancelled' });
        isOver = true;
      }
    } else if (!isOver) {
      const isLast = visit === reminders.at(-1)?.purpose;
      const verificationLink = linkOf(signupId);
      const answer = await steps.sendEmail({ signupId, purpose: visit, isLast, verificationLink, ...person });
      if ('ok' in answer && answer.ok === 'sent') reminded = 1;
    }
    // #endregion
    if (isOver) await removeFollowUp(database, signupId);
    else await after(followUp, reminded);
  }

  /** Goes on to the next visit, if there is one, counting reminders that were sent. */
  async function after({ signup_id: signupId, visit }: FollowUp, reminded: number): Promise<void> {
    const next = visitAfter(visit);
    if (next) await goOn(database, signupId, visit, next.visit, next.afterMs, reminded);
    else await removeFollowUp(database, signupId);
  }
}

/** Starts to look, until it is stopped. */
export function startPoller(options: {
  database: Database;
  styles: readonly Style[];
  visit: MakeVisit;
  onTrouble: (error: Error) => void;
}): {
  /** Begins no further visits, and waits for those under way. */
  stop(): Promise<void>;
} {
  const { database, styles, visit, onTrouble } = options;
  const stopping = new AbortController();
  const polling = every(
    lookEveryMs,
    async () => {
      try {
        await look();
      } catch (error) {
        say(error as Error);
      }
    },
    stopping.signal,
  );
  return {
    async stop() {
      stopping.abort();
      await polling;
    },
  };

  /** Makes each visit that is due once: one that faults does not stand before those that are due later. */
  async function look(): Promise<void> {
    for (let place = beforeAll; !stopping.signal.aborted;) {
      const page = await selectDueVisits(database, styles, place.due_at, place.signup_id, pageSize);
      await Promise.all(page.map((due) => visit(due).catch(say)));
      if (page.length < pageSize) return;
      place = page.at(-1)!;
    }
  }

  /** A visit that is cut by the end of its process is no trouble: it is due as before. */
  function say(error: Error): void {
    if (!stopping.signal.aborted) onTrouble(error);
  }
}
