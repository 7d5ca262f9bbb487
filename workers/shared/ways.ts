/** What carries the events of each style of the chain, as far as it is configured. */
import type { Config } from '../../adapters/config.ts';
import type { Database } from '../../adapters/postgres.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy, traits, type Carrier } from '../../domain/styles.ts';
import type { Transport } from '../../messaging/transport.ts';
import { rabbitmqQueue } from '../../messaging/transports/rabbitmq-queue.ts';

/** Opens the transports of a service, by the style whose events they carry. One that is not configured is left out. */
export function waysOf(config: Config<'AMQP_URL'>, database: Database): ReadonlyMap<Style, Transport> {
  const transports: Partial<Record<Carrier, Transport>> = {
    'rabbitmq-queue': rabbitmqQueue({ url: config.AMQP_URL, database }),
  };
  const ways = new Map<Style, Transport>();
  for (const style of stylesPlayedBy('chain')) {
    const { carrier } = traits[style];
    const transport = carrier && transports[carrier];
    if (transport) ways.set(style, transport);
  }
  return ways;
}
