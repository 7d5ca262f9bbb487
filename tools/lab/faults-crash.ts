/** Faults in which a process dies at a line. */
import { crash, differing, type Fault } from './fault.ts';

const outboxSays =
  'The event is in the outbox, [in the transaction of what it tells](messaging/outbox.ts); the next process publishes it.';

export const crashFaults: readonly Fault[] = [
  differing(
    crash('api-before-answer', ['click', 'wait', 'taken'], {
      breaks: 'the api dies when the signup is kept and the customer has no answer yet',
      calls: 'The customer repeats with the same key, and is told what is done.',
      chain: `The customer repeats with the same key and gets the first answer. ${outboxSays}`,
      workflow:
        'The customer repeats with the same key, which is the same workflow id: the server gives the first answer.',
    }),
  ),
  crash('accounts-before-telling', ['click'], {
    breaks: 'accounts dies when notified is recorded and neither broker nor server know of it',
    chain: outboxSays,
    workflow: `The [local activity](workflows/steps.ts) is done again with its workflow task, and finds its work done.`,
  }),
  differing(
    crash('relay-before-mark', ['click'], {
      breaks: 'accounts dies between the confirm of the broker and the mark in the outbox',
      chain: 'The event is published twice. Listeners know it by its id.',
      workflow: undefined,
    }),
  ),
  differing(
    crash('notifications-before-send', ['wait'], {
      breaks: 'notifications dies with a mail claimed and not sent',
      chain:
        'The message was not acknowledged: the broker gives it to the next process, which waits some seconds for the claim to end.',
      workflow:
        'The heartbeat stops; after 5 s the server lets another worker try, which then waits for the claim to end.',
      calls: 'The call fails and is tried once more; then it is a 503, and the customer repeats.',
    }),
  ),
  differing(
    crash('notifications-before-record', ['wait'], {
      breaks: 'notifications dies when the mail server has taken a mail and nothing is written down',
      chain: 'The one window that cannot be closed: the mail is sent again.',
      workflow: 'The one window that cannot be closed: the mail is sent again.',
      calls: 'The one window that cannot be closed: the mail is sent again.',
    }),
  ),
  differing(
    crash('notifications-after-record', ['wait'], {
      breaks:
        'notifications dies when a mail is recorded and the message not acknowledged, the activity not completed',
      chain: 'The message comes again and is known by its delivery row.',
      workflow: 'The activity is tried again and finds in its own table that the mail was sent.',
      calls: 'The call is made again and finds in the table of its service that the mail was sent.',
    }),
  ),
  crash('accounts-recording', ['click'], {
    breaks: 'accounts dies in the transaction that records notified',
    calls: 'Nothing of it was committed; the customer repeats, and what was sent is known as sent.',
    chain: 'Nothing of it was committed; the message comes again.',
    workflow: 'Nothing of it was committed; the workflow task is done again.',
  }),
  crash('timer-due', ['remind'], {
    breaks:
      'accounts dies while a due timer becomes an event; the workflow worker in the middle of the task that it woke',
    calls: 'The visit is made again; the reminder that was sent is known as sent, and counted.',
    chain:
      'The [timer is a row](messaging/timers.ts) until what it causes is one: the next process takes it.',
    workflow: 'The server gives the workflow task to the next worker after 5 s, which replays the history.',
  }),
  crash('between-compensations', ['undeliverable'], {
    breaks: 'accounts dies when the account is closed and the customer is not told yet',
    calls: 'The customer repeats with the same key, by which the account is closed and the SMS sent.',
    chain: outboxSays,
    workflow: 'The workflow is replayed, closes an account that is closed, and goes on to the SMS.',
  }),
  crash('during-expiry', ['expire'], {
    breaks: 'accounts dies in the transaction that closes an expired account',
    calls: 'Nothing of it was committed; the visit is made again.',
    chain: 'Nothing of it was committed; the due timer is a delivery that is taken by the next process.',
    workflow: 'Nothing of it was committed; the workflow task is done again.',
  }),
];
