/** Faults for what only styles beside the duet have: a log and its readers, callers who wait, and a thread for each of them. */
import { cut, differing, frozen, killed, scene, type Fault } from './fault.ts';

export const faultsBesides: readonly Fault[] = [
  killed('kafka', 'Kafka', { kafka: 'Signups are accepted and wait in the outbox.' }),
  ...cut('kafka', 'Kafka', {
    kafka:
      'Signups are accepted and wait in the outbox. Silence is noticed after 5 s by what publishes, after 8 s by what reads; both are replaced.',
  }),
  frozen('notifications', 'reader-frozen', 'the notifications service stands still with records in hand', {
    'rabbitmq-stream':
      'Its partitions are free once its lease has ended; what it had in hand is known by the claims of its sends.',
    kafka: 'Its session ends after 6 s; what it had in hand is known by the claims of its sends.',
  }),
  scene('partition-moves', 'message', ['wait', 'click'], {
    breaks: 'a second instance of notifications joins, is killed with records in hand, and a third joins',
    injectedAt: 'the processes of notifications',
    heals: 'the partitions of the one that was killed go to those that live',
    window: 'in-hand',
    'rabbitmq-stream': 'Who reads goes on from the position that was committed with what it passed.',
    kafka: 'Who reads goes on from the position that was committed with what it passed.',
  }),
  {
    ...scene('caller-leaves', 'message', ['wait'], {
      breaks: 'the mail server is silent, and callers without an answer leave after a second',
      injectedAt: 'a TCP proxy before the mail server; the callers',
      heals: 'new connections go through after 10 s; the callers do not come back',
      'rabbitmq-stream': 'Answered before they leave: nothing that is slow is waited for.',
      kafka: 'Answered before they leave: nothing that is slow is waited for.',
      calls: 'Stuck: the caller is the one who would have repeated it.',
    }),
    callersLeave: true as const,
  },
  scene('threads-exhausted', 'message', ['wait'], {
    breaks: '200 callers ask at once while each mail takes half a second',
    injectedAt: 'the mail server, after DATA; the callers',
    heals: 'the mail server is fast again',
    blocking:
      'A caller that finds neither a thread nor a place in the line is turned away with 503, and repeats.',
    reactive: 'No caller holds a thread: all are let in, and wait.',
  }),
].map(differing);
