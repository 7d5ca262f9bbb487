/** Where broker and database are, for who operates them: as told, else those of the running stack. */
import { readConfig } from '../../adapters/config.ts';
import type { BrokerAddress } from '../operator/dead-letters.ts';
import { homeFolder } from '../platform/folders.ts';
import { runningBroker, runningDatabase } from '../platform/running.ts';
import { Failure } from './program.ts';

/** The administrator's addresses of the broker. */
export function brokerAddress(): BrokerAddress {
  const { AMQP_URL: url, AMQP_MANAGEMENT_URL: managementUrl } = readConfig([
    'AMQP_URL',
    'AMQP_MANAGEMENT_URL',
  ]);
  if (url !== undefined && managementUrl !== undefined) return { url, managementUrl };
  if (url !== undefined) {
    throw new Failure(
      'AMQP_MANAGEMENT_URL is not set: without the management API nobody says which queues there are.',
    );
  }
  const home = homeFolder(process.env);
  const running = runningBroker(home);
  if (running) return running;
  throw noneRuns(home, 'a broker', 'AMQP_URL and AMQP_MANAGEMENT_URL name a broker elsewhere');
}

/** The administrator's address of the database. */
export function databaseUrl(): string {
  const home = homeFolder(process.env);
  const url = readConfig(['DATABASE_URL']).DATABASE_URL ?? runningDatabase(home);
  if (url !== undefined) return url;
  throw noneRuns(home, 'a database', 'DATABASE_URL names a database elsewhere');
}

function noneRuns(home: string, what: string, elsewhere: string): Failure {
  return new Failure(
    `No stack with ${what} of its own runs over \`${home}\`.\n` +
      `\`npm start\` starts one; DUET_HOME names another; ${elsewhere}.`,
  );
}
