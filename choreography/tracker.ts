/**
 * The tracker watches: it writes down what the services tell, for lists and timelines, and decides nothing. If it is
 * down, nothing else notices; its queue keeps what it has missed.
 */
import { statement } from '../adapters/postgres.ts';
import { eventSchemas, type Envelope, type EventType } from '../domain/events.ts';
import { reaction, type Reaction } from '../messaging/inbox.ts';

// The row lock on the position lets one writer after the other in: so the sequence has no gap, and no reader sees a
// number before all smaller ones are committed.
const appendToFeed = statement(
  'append-to-feed',
  `with next as (update feed_position set position = position + 1 returning position)
   insert into feed (position, event_id, signup_id, style, kind, happened_at, detail)
   select position, $1, $2, 'choreography', $3, $4, $5 from next`,
);

/** What the tracker does when it is told of something: it notes it, without links and personal data. */
export function trackerReactions(): Reaction[] {
  return [
    reaction({
      queue: 'tracker.record-events',
      on: Object.keys(eventSchemas) as EventType[],
      async react(transaction, event) {
        const { id, subject, type, time } = event;
        await appendToFeed(transaction, id, subject, type, time, JSON.stringify(withoutPerson(event)));
        return [];
      },
    }),
  ];
}

const ofPerson = new Set<EventType>(['account.opened', 'account.activated', 'account.closed']);

// Cost 3 (choreography): the link travels in events, so everything that shows events must take it out again.
function withoutPerson({ type, data }: Envelope): object {
  if (!ofPerson.has(type)) return data;
  const {
    verificationLink: _link,
    email: _email,
    phone: _phone,
    name: _name,
    ...rest
  } = data as Record<string, unknown>;
  return rest;
}
