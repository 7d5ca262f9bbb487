/** What statistics listens to, where events come by queues. */
import { reactionsWith } from '../messaging/reactions.ts';
import { count, counted, seenIn } from './counts.ts';

const { reaction } = reactionsWith<undefined>();

export const statisticsReactions = [
  reaction({
    queue: 'statistics.count-signups',
    on: counted,
    async react({ transaction, event }) {
      await count(transaction, seenIn(event));
      return [];
    },
  }),
];
