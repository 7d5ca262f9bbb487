/**
 * Events over streams of RabbitMQ: a log whose partitions are streams. The client that is there for queues is
 * enough for it, and no plugin is needed. Who reads which partition is agreed on in the service's database.
 */
import type { Database } from '../../../adapters/postgres.ts';
import type { Transport } from '../../transport.ts';
import { overLog, type NamedLog } from '../log/log.ts';
import { endOf } from './extent.ts';
import { allPartitions } from './topology.ts';
import { openStreamPublisher } from './publisher.ts';
import { readStreams } from './reader.ts';
import { sharesOf } from './reading-shares.ts';

/** The name of this log in the tables of a service. */
const name = 'rabbitmq-stream';

/** What its reader is: the process `instance` of the service that owns `database`. */
type Options = { url: string; database: Database; instance: string };

/** Streams of the broker at `url` as a transport. */
export function rabbitmqStream(options: Options): Transport {
  return overLog({ database: options.database, ...streamLog(options) });
}

/** The log that those streams are. */
export function streamLog({ url, database, instance }: Options): NamedLog {
  return {
    name,
    async open({ service, onProblem }) {
      const publisher = await openStreamPublisher({ url, service, onProblem });
      const shares = sharesOf({ name, database, instance });
      let reading: Awaited<ReturnType<typeof readStreams>> | undefined;
      return {
        publish: publisher.publish,
        async read(reader) {
          reading = await readStreams({ url, service, reader, shares, onProblem });
        },
        async ends() {
          const model = publisher.current();
          if (!model) throw new Error('the broker is not connected');
          return Promise.all(allPartitions.map((partition) => endOf(model, partition)));
        },
        isConnected: () => publisher.isConnected() && (!reading || reading.isConnected()),
        async stopReading() {
          reading?.stop();
        },
        async close() {
          await reading?.close();
          await publisher.close();
        },
      };
    },
  };
}
