/** What every service does when it is asked for something. Who asks, it does not know. */
import { unpark } from './deliveries.ts';
import { reactionsWith, type Reaction } from './inbox.ts';
import { askToRetell } from './retell.ts';

const { reaction } = reactionsWith<unknown>();

/** Makes what this service has parked of a signup due again, with a full number of attempts. `queue` is the service's own. */
export function resumeReaction(queue: string): Reaction {
  return reaction({
    queue,
    on: ['resume.requested'],
    async react({ transaction, event: { subject: signupId } }) {
      await unpark(transaction, signupId);
      return [];
    },
  });
}

/** Tells again what this service has told under the keys that somebody may have missed. `queue` is the service's own. */
export function retellReaction(queue: string): Reaction {
  return reaction({
    queue,
    on: ['retell.requested'],
    async react({ transaction, event: { id, data } }) {
      await askToRetell(transaction, id, data);
      return [];
    },
  });
}
