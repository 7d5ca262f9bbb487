/**
 * What the accounts service has yet to do of a signup, by its own rows: they know it before the tracker is told, and while
 * it is not.
 */
import { statement, type Queryable } from '../../adapters/postgres.ts';
import { accountsReactions } from '../../choreography/accounts.ts';
import type { ToldStep } from '../../tracking/tracked.ts';

const selectOpen = statement<Omit<ToldStep, 'step'> & { queue: string }>(
  'select-open',
  `select queue, case state when 'waiting' then 'retrying' else state end as kind, attempts,
          last_error as detail, received_at as at
   from deliveries where signup_id = $1 and state <> 'done' order by queue`,
);

export type OwnSteps = {
  /** Whether a step is the accounts service's own. */
  include(step: string): boolean;
  /** The steps of a signup that are to be tried again, or parked. */
  openOf(on: Queryable, signupId: string): Promise<ToldStep[]>;
};

/** What the accounts service listens to ties its queues to the names of its steps. */
export function ownSteps(): OwnSteps {
  // What is no step of the process goes by the name of its queue.
  const stepOfQueue = new Map(
    accountsReactions.map(({ queue, step }) => [queue, typeof step === 'string' ? step : queue]),
  );
  const own = new Set(stepOfQueue.values());
  return {
    include: (step) => own.has(step),
    async openOf(on, signupId) {
      const open = await selectOpen(on, signupId);
      return open.map(({ queue, ...row }) => ({ ...row, step: stepOfQueue.get(queue) ?? queue }));
    },
  };
}
