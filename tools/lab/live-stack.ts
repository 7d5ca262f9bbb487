/**
 * A stage: the stack of `npm start`, with proxies before its parts and with processes that can be told to die at a line. It attaches to
 * nothing: what is broken on it is its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { variables } from '../../adapters/config.ts';
import type { Addresses, StackOptions } from '../platform/stack.ts';
import { layOut } from './armed.ts';
import { stageBreakers } from './breakers.ts';
import type { Proxy } from './proxy.ts';
import { injectionFrom, proxiesBefore, through, type Link } from './stack.ts';

/** How a stage is started besides, and what is to be closed once it has ended. */
export type StagePreparation = {
  options: Pick<
    StackOptions,
    'environment' | 'processEnvironment' | 'longestRestartMs' | 'reroute' | 'breakers'
  >;
  close: () => Promise<void>;
};

/** A process that died at a line is to be back while its lease still runs. */
const longestRestartMs = 1000;

/** Prepares a stage. Says what of the environment it ignores. */
export function prepareStage(environment: NodeJS.ProcessEnv, say: (line: string) => void): StagePreparation {
  const ignored = Object.keys(variables).filter((name) => namesAnother(name) && environment[name]);
  if (ignored.length > 0)
    say(`Ignored, as a stage breaks nothing but its own servers: ${ignored.join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'duet-stage-'));
  layOut(folder);
  let proxies: Record<Link, Proxy> | undefined;
  return {
    options: {
      environment: Object.fromEntries(Object.entries(environment).filter(([name]) => !namesAnother(name))),
      processEnvironment: injectionFrom(folder),
      longestRestartMs,
      async reroute(addresses: Addresses) {
        proxies = await proxiesBefore(addresses);
        return through(addresses, proxies);
      },
      breakers: (stack) => stageBreakers({ stack, proxies: proxies!, folder }),
    },
    async close() {
      rmSync(folder, { recursive: true, force: true });
      await Promise.all(Object.values(proxies ?? {}).map((proxy) => proxy.close()));
    },
  };
}

/** Whether a variable names a server of somebody else, or says how one logs in there. */
function namesAnother(name: string): boolean {
  return /^(DATABASE_URL|AMQP_.*|KAFKA_.*|TEMPORAL_(?!DOWNLOAD_URL).*|SMTP_URL|SMS_.*)$/.test(name);
}
