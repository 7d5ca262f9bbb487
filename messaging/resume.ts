/** Resuming: what a service has parked of a signup is due again, with a full number of attempts. */
import { unpark } from './deliveries.ts';
import { reaction, type Reaction } from './inbox.ts';

/** Tries again what this service has parked once somebody asks for it. `queue` is the service's own. */
export function resumeReaction(queue: string): Reaction {
  return reaction({
    queue,
    on: ['resume.requested'],
    async react(transaction, { subject: signupId }) {
      await unpark(transaction, signupId);
      return [];
    },
  });
}
