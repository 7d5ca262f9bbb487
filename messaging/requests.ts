/** What every service may be asked for by an event, and how it asks the others. */
import { randomUUID } from 'node:crypto';
import { noSignup } from '../domain/envelope.ts';
import type { Style } from '../domain/signup.ts';
import { unpark } from './deliveries.ts';
import { reactionsWith, type Reaction } from './reactions.ts';
import { tell, type Transaction } from './outbox.ts';
import { askToRetell } from './retell.ts';
import type { Missed } from './transport.ts';

const { reaction } = reactionsWith<unknown>();

/** Makes what this service has parked of a signup due again, with a full number of attempts. */
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

/** Tells again what this service has told of the style under keys that a listener may have missed. */
export function retellReaction(queue: string): Reaction {
  return reaction({
    queue,
    on: ['retell.requested'],
    async react({ transaction, event: { id, style, data } }) {
      await askToRetell(transaction, id, { style, ...data });
      return [];
    },
  });
}

/** Asks all services to tell again what this one may have missed of a style. */
export function requestRetelling(
  transaction: Transaction,
  { service, style }: { service: string; style: Style },
  missed: Missed,
): void {
  // Each time that something was missed is a fact of its own, so each gets an id of its own.
  const id = randomUUID();
  const time = new Date().toISOString();
  tell(transaction, { source: `/${service}`, style, signupId: noSignup, id, time }, [
    { type: 'retell.requested', data: missed },
  ]);
}
