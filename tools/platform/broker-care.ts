/**
 * The platform's care for the broker, attached ones included: makes users and the whole topology of the services that the stack
 * starts before any of them tells something, and looks every two seconds whether what the services share is still there. What is a
 * service's own it makes again itself, as only the service can ask for what it has missed.
 */
import amqp, { type ChannelModel } from 'amqplib';
import { every, until } from '../../adapters/waiting.ts';
import { openConnection } from '../../messaging/transports/rabbitmq/connection.ts';
import type { Subscription } from '../../messaging/transport.ts';
import { isLogThere, makeLog } from '../../messaging/transports/rabbitmq-stream/topology.ts';
import { isSharedThere, makeOwn, makeShared } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { PlatformError, reasonOf } from './error.ts';
import type { BrokerService, Installation } from './provision/passwords.ts';
import { provisionRabbit } from './provision/rabbitmq.ts';
import type { RabbitAddress } from './rabbitmq-node.ts';

const lookEveryMs = 2000;

/** What each service of the stack listens to. */
export type SubscriptionsByService = Partial<Record<BrokerService, readonly Subscription[]>>;

/** A broker that is looked after: the services' addresses on it, whether the platform is connected to it, until `stop`. */
export type BrokerInCare = {
  addresses: Record<BrokerService, string>;
  isConnected(): boolean;
  stop(): Promise<void>;
};

/** Makes users and topology, and starts to look after them. */
export async function careForBroker(
  rabbit: RabbitAddress,
  installation: Installation,
  listening: SubscriptionsByService,
  say: (line: string) => void,
): Promise<BrokerInCare> {
  const addresses = await provisionRabbit(rabbit, installation, say);
  await makeAtFirst(rabbit.url, listening);
  const stopping = new AbortController();
  const connection = await openConnection({
    url: rabbit.url,
    name: 'platform',
    setup: async () => {},
    // That a broker went away is told by its supervisor and by the services.
    onProblem: () => {},
  });
  let said = '';
  void every(lookEveryMs, look, stopping.signal, { ref: false });
  return {
    addresses,
    isConnected: () => connection.current() !== undefined,
    async stop() {
      stopping.abort();
      // A look under way is not waited for: what was asked on a connection that closes may never be answered.
      await connection.close();
    },
  };

  async function look(): Promise<void> {
    try {
      const model = connection.current();
      if (model && !((await isSharedThere(model)) && (await isLogThere(model)))) {
        await provisionRabbit(rabbit, installation, () => {});
        await makeTopology(model, listening);
        say('RabbitMQ had lost what the services share; it was made again');
      }
      said = '';
    } catch (error) {
      const reason = reasonOf(error);
      if (reason !== said && !stopping.signal.aborted) {
        say(`What the services share on RabbitMQ is not there, and cannot be made: ${reason}`);
      }
      said = reason;
    }
  }
}

async function makeAtFirst(url: string, listening: SubscriptionsByService): Promise<void> {
  try {
    const failure = await until('the queues of before', () => attemptTopology(url, listening));
    if (failure instanceof Error) throw failure;
  } catch (error) {
    throw new PlatformError(
      `The topology could not be made on RabbitMQ at ${new URL(url).host}: ${reasonOf(error)}`,
    );
  }
}

/** Makes it, or returns what keeps it from being made; throws where another attempt may succeed. */
async function attemptTopology(url: string, listening: SubscriptionsByService): Promise<Error | true> {
  const model = await amqp.connect(url, { noDelay: true, timeout: 5000 });
  model.on('error', () => {});
  try {
    await makeTopology(model, listening);
    return true;
  } catch (error) {
    // A node that has just started answers before the streams that it keeps have their leaders.
    if (reasonOf(error).includes('is down or inaccessible')) throw error;
    return error instanceof Error ? error : new Error(reasonOf(error));
  } finally {
    await model.close().catch(() => {});
  }
}

async function makeTopology(model: ChannelModel, listening: SubscriptionsByService): Promise<void> {
  await makeShared(model);
  await makeLog(model);
  await Promise.all(
    Object.entries(listening).map(([service, subscriptions]) => makeOwn(model, service, subscriptions)),
  );
}
