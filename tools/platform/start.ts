/** `npm start`: the whole stack in the foreground, until Ctrl-C. */
import { runInForeground } from './foreground.ts';

await runInForeground({
  called: 'npm start --',
  description:
    'Starts Postgres, RabbitMQ, Temporal, a mailbox and the processes of Duet, prints where they are, and starts Kafka. Ctrl-C stops them.',
});
