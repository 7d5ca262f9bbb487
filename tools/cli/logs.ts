/** How the logs that there are are opened, by the names that they have in the tables of services. */
import { eventTopic } from '../../messaging/transports/kafka/kafka.ts';
import { withTopic } from '../operator/kafka.ts';
import { withStreams, type OpenedLog } from '../operator/logs.ts';
import { brokerAddress, kafkaServer } from './addresses.ts';
import { WrongUsage } from './program.ts';

type Opening = <T>(use: (log: OpenedLog) => Promise<T>) => Promise<T>;

const logs: Record<string, Opening> = {
  'rabbitmq-stream': (use) => withStreams(brokerAddress().url, use),
  kafka: (use) => withTopic(kafkaServer(), eventTopic, use),
};

/** The names of the logs that there are. */
export const logNames = Object.keys(logs);

/** Opens a log as an operator, for as long as `use` takes. */
export async function withLog<T>(name: string, use: (log: OpenedLog) => Promise<T>): Promise<T> {
  const open = logs[name];
  if (!open) throw new WrongUsage(`nothing is known of a log \`${name}\``);
  return open(use);
}
