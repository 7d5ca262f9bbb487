/** The catalogue of what the lab breaks, as data: what, where, how it heals, and what each style is to do about it, and why. */
import { crash, cut, differing, killed, scene, usual, type Fault } from './fault.ts';
import { faultsBesides } from './faults-besides.ts';

const outboxSays =
  'The event is in the outbox, [in the transaction of what it tells](messaging/outbox.ts); the next process publishes it.';

export const faults: readonly Fault[] = [
  differing(
    crash('api-before-answer', ['click', 'wait', 'taken'], {
      breaks: 'the api dies when the signup is kept and the customer has no answer yet',
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
    chain: 'Nothing of it was committed; the message comes again.',
    workflow: 'Nothing of it was committed; the workflow task is done again.',
  }),
  crash('timer-due', ['remind'], {
    breaks:
      'accounts dies while a due timer becomes an event; the workflow worker in the middle of the task that it woke',
    chain:
      'The [timer is a row](messaging/timers.ts) until what it causes is one: the next process takes it.',
    workflow: 'The server gives the workflow task to the next worker after 5 s, which replays the history.',
  }),
  crash('between-compensations', ['undeliverable'], {
    breaks: 'accounts dies when the account is closed and the customer is not told yet',
    chain: outboxSays,
    workflow: 'The workflow is replayed, closes an account that is closed, and goes on to the SMS.',
  }),
  crash('during-expiry', ['expire'], {
    breaks: 'accounts dies in the transaction that closes an expired account',
    chain: 'Nothing of it was committed; the due timer is a delivery that is taken by the next process.',
    workflow: 'Nothing of it was committed; the workflow task is done again.',
  }),

  differing(
    killed('rabbitmq', 'the broker', {
      chain: 'Signups are accepted and wait in the outbox ([Cost 6](messaging/inbox.ts)).',
      kafka: null,
      workflow: null,
      calls: null,
    }),
  ),
  killed('temporal', 'the Temporal server', {
    chain: null,
    workflow:
      'No signup is accepted while the server is away ([Cost 5](coordinators/workflow/coordinator.ts)); what runs goes on after it.',
  }),
  differing(
    killed('postgres', 'the database of both services', {
      chain:
        'No signup is accepted: step 1 is a transaction of the api ([Cost 9](coordinators/chain/coordinator.ts)). What is under way waits; that is no attempt.',
      workflow: 'Signups are accepted as `opening`; their steps are retried.',
      calls: 'No signup is accepted: step 1 is a transaction of the api.',
    }),
  ),
  differing(
    killed('notifications', 'the notifications service', {
      chain: 'Its queues fill up.',
      calls: 'Turned away with 503; the customer repeats with the same key. A mail after the click is lost.',
      workflow: 'Its task queue fills up.',
    }),
  ),
  killed('accounts', 'the accounts service with the workflow worker', {
    chain: 'Signups are accepted by the api; the join waits in the queue.',
    workflow: 'Signups are accepted as `opening` after 2 s; their tasks wait.',
  }),
  differing(
    killed('mailbox', 'the mail server and the SMS provider at once', {
      chain: 'Sending is retried after 1 s, 2 s, 4 s …',
      calls:
        'Turned away with 503 for a mail, which the customer repeats; an SMS, or a mail after the click, is lost.',
      workflow: 'Sending is retried after 1 s, 2 s, 4 s …',
    }),
  ),
  cut('rabbitmq', 'the broker', {
    chain: 'Noticed by the reset, or by the missing heartbeat within 10 s; the outbox keeps what is told.',
    kafka: null,
    workflow: null,
    calls: null,
  }),
  cut('temporal', 'the Temporal server', {
    chain: null,
    workflow:
      'No signup is accepted ([Cost 5](coordinators/workflow/coordinator.ts)). Silence is noticed by the api after 9 s, by the worker after 11 s ([Cost 8](coordinators/workflow/worker.ts)).',
  }),
  cut('postgres', 'the database', {
    chain:
      'No signup is accepted ([Cost 9](coordinators/chain/coordinator.ts)); silence is noticed after 8 s.',
    workflow: 'Signups are accepted as `opening`; silence is noticed after 8 s, which counts as an attempt.',
  }),
  cut('smtp', 'the mail server', {
    chain: 'Sending is retried.',
    workflow: 'Sending is retried.',
  }),
  cut('sms', 'the SMS provider', {
    chain: 'The SMS is retried; mail and click do not wait for it.',
    workflow: 'The SMS is retried; mail and click do not wait for it.',
  }),

  differing(
    scene('provider-451', 'provider', usual.slice(0, 2), {
      breaks: 'the mail server answers the first three tries of each welcome mail with 451',
      injectedAt: 'the mail server, at RCPT TO',
      heals: 'by itself, with the fourth try',
      all: 'A fault: retried after 1 s, 2 s and 4 s, by the same policy.',
      calls: 'Turned away with 503 after two attempts; the customer repeats with the same key.',
    }),
  ),
  scene('provider-550', 'provider', ['undeliverable'], {
    breaks: 'the mail server answers 550 5.1.1, no such user',
    injectedAt: 'the mail server, at RCPT TO',
    heals: 'nothing is to heal',
    all: 'A refusal: the account is closed, the customer told by SMS.',
  }),
  differing(
    scene('provider-535', 'provider', ['click', 'wait'], {
      breaks: 'the mail server refuses our credentials with 535',
      injectedAt: 'the mail server, at RCPT TO',
      heals: 'the server takes us again, and an operator resumes what is parked',
      all: 'Our fault, and no retry helps: parked at once, nobody’s account is closed, `resume` sends it.',
    }),
  ),
  differing(
    scene('provider-answer-lost', 'provider', ['wait'], {
      breaks: 'the mail server takes each welcome mail and its answer is lost',
      injectedAt: 'the mail server, after DATA',
      heals: 'by itself, with the second try',
      all: 'The one window that cannot be closed: each lost answer costs one duplicate.',
      calls: 'The one window that cannot be closed: each lost answer costs one duplicate.',
      window: 'one-each',
    }),
  ),
  scene('provider-slow', 'provider', ['click'], {
    breaks: 'the mail server takes 30 s over each welcome mail',
    injectedAt: 'the mail server, after DATA',
    heals: 'by itself, after 30 s',
    all: 'It is waited for, as RFC 5321 asks; nothing is sent twice.',
  }),
  scene('sms-down-for-2-hours', 'provider', ['wait', 'click'], {
    breaks: 'the SMS provider answers 503 for 2 hours',
    injectedAt: 'the SMS provider; the hours pass by fast-forward',
    heals: 'the provider answers again, and the next retry, at most 10 minutes later, succeeds',
    all: 'The SMS is retried through the hours. Notified waits for it; the click does not.',
  }),

  differing(
    scene('messages-duplicated', 'message', ['click', 'remind', 'undeliverable'], {
      breaks: 'every event is delivered twice, the answer of every first attempt at a step is lost',
      injectedAt: 'the exchange; the activities’ results',
      heals: 'at the end of the cell',
      'rabbitmq-queue': 'A copy is known by its delivery row.',
      workflow: 'Every step is taken twice and finds its work done.',
    }),
  ),
  scene('messages-out-of-order', 'message', ['click', 'wait', 'undeliverable'], {
    breaks: 'each message and each task waits up to 1.5 s of its own, so that they overtake each other',
    injectedAt: 'the channel to the broker; the activities',
    heals: 'at the end of the cell',
    'rabbitmq-queue': 'Order is promised nowhere: each reaction is guarded by the state it changes.',
    workflow: 'The order of steps is that of the code, whatever takes how long.',
  }),
  differing(
    scene('poison', 'message', ['click'], {
      breaks:
        'messages that cannot be read, and of an unknown version; a workflow of a kind that no worker knows',
      injectedAt: 'the queue; the task queue',
      heals: 'an operator looks at them and drops them',
      'rabbitmq-queue': 'Set aside as dead letters while the queue moves on.',
      'rabbitmq-stream': 'Set aside as rows while the partition moves on.',
      workflow: 'Tried again for ever, beside the others, until it is terminated.',
    }),
  ),
  {
    ...scene('bug-then-deploy', 'message', ['click', 'wait'], {
      breaks: 'the code that sends mails throws, until all is parked',
      injectedAt: 'the mail adapter, by a deploy',
      heals: 'a deploy without the bug, and an operator resumes what is parked',
      all: 'A fault like any other: retried, parked, resumed.',
    }),
    impatient: true,
  },
  scene('cancelled-while-opening', 'message', ['cancel'], {
    breaks: 'an operator cancels the workflow while the answer of step 1 is lost with the process',
    injectedAt: 'the commit of step 1 in accounts; Temporal’s cancel',
    heals: 'the process is started again',
    chain: undefined,
    workflow: 'The undo was [registered before the step](workflows/signup.ts): the account is closed.',
  }),
  ...faultsBesides,
].flat();

/** The fault of that name. */
export function faultNamed(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}
