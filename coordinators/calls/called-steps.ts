/**
 * The steps as a request calls them that waits for every answer: those of accounts in transactions of its own database, those of
 * notifications over HTTP. Each is attempted twice, and what an attempt came to is observed, for lists and the feed.
 */
import { Pool } from 'undici';
import { v5 as uuidv5 } from 'uuid';
import type { AccountSteps } from '../../activities/accounts.ts';
import { inTransaction, statement, type Database, type Queryable } from '../../adapters/postgres.ts';
import { pause } from '../../adapters/waiting.ts';
import { Unavailable } from '../../domain/coordinator.ts';
import { endOf, type ObservedKind } from '../../domain/history.ts';
import {
  later,
  sendingSteps,
  type CloseReason,
  type Purpose,
  type SendingStep,
  type StepName,
} from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { PermanentFault, stepNameOf, type Answer, type SendAnswer, type Steps } from '../../domain/steps.ts';
import type { Observation } from '../../domain/tracked.ts';
import { ownTime } from '../../messaging/clock.ts';
import { writeObservations } from '../../messaging/observations.ts';
import type { CalledSteps } from '../../synchronous/steps.ts';
import { firstVisit } from './visits.ts';
import { pathOf, type Fault } from './served-steps.ts';

const attemptsEach = 2;
const attemptsApartMs = 500;
const connectWithinMs = 1000;
const answerWithinMs = 5000;

/** The notifications service, as its callers see it. */
export type NotificationsDoor = {
  /** Calls a step. Throws its fault. */
  call(step: SendingStep, input: unknown): Promise<SendAnswer>;
  isUp(): Promise<boolean>;
  /** Cuts the calls that are under way. */
  close(): Promise<void>;
  isClosed(): boolean;
};

// Cost 5 (synchronous): accounts knows that there is a notifications service: its address, its steps, and each of its outages.
/** Opens connections to the notifications service at `url`. */
export function openDoor(url: string, token: string): NotificationsDoor {
  const pool = new Pool(new URL(url).origin, {
    connect: { timeout: connectWithinMs },
    headersTimeout: answerWithinMs,
    bodyTimeout: answerWithinMs,
  });
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };

  return {
    async call(step, input) {
      const { statusCode, said } = await ask(step, input).catch((error: unknown) => {
        // A call that the end of this process cuts is no fault of its step.
        throw pool.destroyed ? new Unavailable('notifications', error) : error;
      });
      if (statusCode === 200) return said as SendAnswer;
      const { fault, isPermanent } = said as Fault;
      throw isPermanent ? new PermanentFault(fault) : new Error(fault);
    },
    isUp: () =>
      pool
        .request({ method: 'GET', path: '/health/live', signal: AbortSignal.timeout(connectWithinMs) })
        .then(
          async ({ statusCode, body }) => {
            await body.dump();
            return statusCode === 200;
          },
          () => false,
        ),
    close: () => pool.destroy(),
    isClosed: () => pool.destroyed,
  };

  async function ask(step: SendingStep, input: unknown): Promise<{ statusCode: number; said: unknown }> {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: pathOf(step),
      headers,
      body: JSON.stringify(input),
      // Cost 2 (synchronous): a call needs at this moment all that lies behind it, so the availabilities multiply.
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return { statusCode, said: await body.json() };
  }
}

const insertFollowUp = statement(
  'insert-follow-up',
  `insert into follow_ups (signup_id, style, visit, due_at) values ($1, $2, $3, $4) on conflict do nothing`,
);

/** What a step is called with, as far as it matters here. */
type Input = { signupId: string; purpose?: Purpose; reason?: CloseReason; group?: string | undefined };

/** The steps of a style. `onRetry` is called with style and name of a step that faulted and is tried again. */
export function calledSteps(options: {
  style: Style;
  database: Database;
  steps: AccountSteps;
  door: NotificationsDoor;
  observe: (observation: Observation) => void;
  onRetry: (style: Style, step: string) => void;
}): CalledSteps {
  const { style, database, steps, door, observe, onRetry } = options;

  return {
    openAccount: (input) =>
      attempted('openAccount', input, async (transaction, at) => {
        const answer = await steps.openAccount(transaction, { ...input, at });
        if ('ok' in answer) {
          const dueAt = later(answer.ok.openedAt, firstVisit.afterMs);
          await insertFollowUp(transaction, input.signupId, style, firstVisit.visit, dueAt);
        }
        return answer;
      }),
    recordNotified: (input) =>
      attempted('recordNotified', input, (transaction, at) =>
        steps.recordNotified(transaction, { ...input, at }),
      ),
    activateAccount: (input) =>
      attempted('activateAccount', input, (transaction, at) =>
        steps.activateAccount(transaction, { ...input, at }),
      ),
    closeAccount: (input) =>
      attempted('closeAccount', input, (transaction, at) =>
        steps.closeAccount(transaction, { ...input, at }),
      ),
    ...(Object.fromEntries(
      sendingSteps.map((step) => [step, (input: Input) => called(step, input)]),
    ) as Record<SendingStep, (input: Input) => Promise<SendAnswer>>),
  };

  /** A step of accounts: what it writes and that it was done is one transaction. */
  function attempted<A extends Answer<unknown, string>>(
    step: keyof Steps,
    input: Input,
    work: (transaction: Queryable, at: string) => Promise<A>,
  ): Promise<A> {
    const name = stepNameOf(step, input);
    return twice(name, input, () =>
      inTransaction(database, async (transaction) => {
        const at = await ownTime(transaction, input.signupId);
        const answer = await work(transaction, at);
        await writeObservations(transaction, [seen(input, name, 1, at, endOf(answer))]);
        return answer;
      }),
    );
  }

  /** A step of notifications. */
  function called(step: SendingStep, input: Input): Promise<SendAnswer> {
    const name = stepNameOf(step, input);
    return twice(name, input, async (attempt) => {
      const answer = await door.call(step, input);
      observe(seen(input, name, attempt, await ownTime(database, input.signupId), endOf(answer)));
      return answer;
    });
  }

  async function twice<A>(name: StepName, input: Input, work: (attempt: number) => Promise<A>): Promise<A> {
    for (let attempt = 1; ; attempt += 1) {
      // No step follows a call that was cut: its message would be recorded as given up, and a request that is
      // repeated would not send it.
      if (door.isClosed()) throw new Unavailable('notifications', 'this process ends');
      try {
        return await work(attempt);
      } catch (fault) {
        if (fault instanceof Unavailable) throw fault;
        const isLast = attempt === attemptsEach || fault instanceof PermanentFault;
        const { message } = fault as Error;
        const at = await ownTime(database, input.signupId);
        const kind = isLast ? 'failed' : 'retrying';
        observe(seen(input, name, attempt, at, { kind, detail: message }));
        if (isLast) throw fault;
        onRetry(style, name);
        await pause(attemptsApartMs);
      }
    }
  }

  /** The same seen again, as a request was repeated, is the same observation. */
  function seen(
    { signupId, group }: Input,
    step: StepName,
    attempts: number,
    at: string,
    how: { kind: ObservedKind; detail: string | null },
  ): Observation {
    const id = uuidv5(`${step} ${attempts} ${how.kind}`, signupId);
    return { id, signupId, style, step, attempts, at, group, ...how };
  }
}
