/** Faults in which a part is killed, or the way to it cut. */
import { cut, differing, killed, type Fault } from './fault.ts';

export const outageFaults: readonly Fault[] = [
  differing(
    killed('rabbitmq', 'the broker', {
      chain: 'Signups are accepted and wait in the outbox ([Cost 6](messaging/inbox.ts)).',
      kafka: null,
      workflow: null,
      calls: null,
    }),
  ),
  killed('temporal', 'the Temporal server', {
    calls: null,
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
    calls: null,
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
    calls: null,
    chain: null,
    workflow:
      'No signup is accepted ([Cost 5](coordinators/workflow/coordinator.ts)). Silence is noticed by the api after 9 s, by the worker after 11 s ([Cost 8](coordinators/workflow/worker.ts)).',
  }),
  cut('postgres', 'the database', {
    calls: 'No signup is accepted; silence is noticed after 8 s.',
    chain:
      'No signup is accepted ([Cost 9](coordinators/chain/coordinator.ts)); silence is noticed after 8 s.',
    workflow: 'Signups are accepted as `opening`; silence is noticed after 8 s, which counts as an attempt.',
  }),
  cut('smtp', 'the mail server', {
    calls: 'Turned away with 503, which the customer repeats; a mail after the click is lost.',
    chain: 'Sending is retried.',
    workflow: 'Sending is retried.',
  }),
  cut('sms', 'the SMS provider', {
    calls: 'Lost: the SMS is given up after two attempts.',
    chain: 'The SMS is retried; mail and click do not wait for it.',
    workflow: 'The SMS is retried; mail and click do not wait for it.',
  }),
].flat();
