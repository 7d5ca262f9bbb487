/** Resuming: what a service has parked of a signup is due again, with a full number of attempts. */
import { statement, type Queryable } from '../adapters/postgres.ts';
import { reaction, type Reaction } from './inbox.ts';

const unpark = statement(
  'unpark',
  `update deliveries set state = 'waiting', due_at = now(), attempts = 0, claimed_by = null
   where signup_id = $1 and state = 'parked'`,
);

/** Tries again what this service has parked once somebody asks for it. `queue` is the service's own. */
export function resumeReaction(queue: string): Reaction {
  return reaction({
    queue,
    on: ['resume.requested'],
    async react(transaction: Queryable, { subject: signupId }) {
      await unpark(transaction, signupId);
      return [];
    },
  });
}
