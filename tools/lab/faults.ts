/** The catalogue of what the lab breaks, as data: what, where, how it heals, and what each style is to do about it, and why. */
import { differing, scene, usual, type Fault } from './fault.ts';
import { faultsBesides } from './faults-besides.ts';
import { crashFaults } from './faults-crash.ts';
import { outageFaults } from './faults-outage.ts';

export const faults: readonly Fault[] = [
  ...crashFaults,
  ...outageFaults,

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
    calls: 'A refusal: the account is closed and the customer told by SMS before the answer, which is a 422.',
  }),
  differing(
    scene('provider-535', 'provider', ['click', 'wait'], {
      breaks: 'the mail server refuses our credentials with 535',
      injectedAt: 'the mail server, at RCPT TO',
      heals: 'the server takes us again, and an operator resumes what is parked',
      all: 'Our fault, and no retry helps: parked at once, nobody’s account is closed, `resume` sends it.',
      calls: 'Our fault, and no retry helps: turned away with 503 until it is mended; the customer repeats.',
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
    calls: 'Turned away with 503 after 10 s; the customer repeats, and shares the attempt that is under way.',
  }),
  differing(
    scene('sms-down-for-2-hours', 'provider', ['wait', 'click'], {
      breaks: 'the SMS provider answers 503 for 2 hours',
      injectedAt: 'the SMS provider; the hours pass by fast-forward',
      heals: 'the provider answers again, and the next retry, at most 10 minutes later, succeeds',
      all: 'The SMS is retried through the hours. Notified waits for it; the click does not.',
      calls: 'Lost: the SMS is given up after two attempts.',
    }),
  ),

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
      kafka: 'Set aside as rows while the partition moves on.',
      workflow: 'Tried again for ever, beside the others, until it is terminated.',
    }),
  ),
  {
    ...scene('bug-then-deploy', 'message', ['click', 'wait'], {
      breaks: 'the code that sends mails throws, until all is parked',
      injectedAt: 'the mail adapter, by a deploy',
      heals: 'a deploy without the bug, and an operator resumes what is parked',
      all: 'A fault like any other: retried, parked, resumed.',
      calls: 'A fault like any other: turned away with 503 until the next deploy; the customer repeats.',
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
];

/** The fault of that name. */
export function faultNamed(name: string): Fault | undefined {
  return faults.find((fault) => fault.name === name);
}
