/**
 * Starts the time-skipping test server. What is on this machine already comes first; otherwise the SDK's own download, and
 * where that does not answer (or there is none for the machine), Maven and Java. Where neither works the tests fail and
 * say what to install: they are never skipped.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { cacheFolder } from '../../tools/platform/folders.ts';
import { reasonOf } from '../../tools/platform/error.ts';
import { javaServerIsKept, javaTestServer } from './test-server-java.ts';

/** How to get the server; for tests of just that. */
export type Getting = {
  environment?: NodeJS.ProcessEnv;
  /** What the SDK downloads from: asked first, because the SDK itself waits without a limit. */
  downloadHost?: string;
  say?: (line: string) => void;
};

type Server = { executable: { type: 'existing-path'; path: string } } | { executable: Download };
type Download = { type: 'cached-download'; downloadDir: string; ttl: '1 year' };

const answersWithinMs = 3000;
const downloadsWithinMs = 120_000;

/** Starts one. Time is one for all its workflows: use it for one signup at a time. */
export async function startTimeSkipping(getting: Getting = {}): Promise<TestWorkflowEnvironment> {
  const {
    environment = process.env,
    downloadHost = 'https://temporal.download/',
    say = console.log,
  } = getting;
  quietRuntime();
  const cache = cacheFolder(environment);
  const downloads = join(cache, 'temporal-test-server-download');
  const downloaded = existsSync(downloads) && readdirSync(downloads).length > 0;
  const ways = [
    {
      name: "the SDK's own download",
      start: async () => {
        if (!downloaded) await mustAnswer(downloadHost);
        const download: Download = { type: 'cached-download', downloadDir: downloads, ttl: '1 year' };
        return withinDeadline(start({ executable: download }));
      },
    },
    {
      name: 'Maven and Java',
      start: async () => {
        const path = await javaTestServer({ path: environment['PATH'], cache, say });
        return start({ executable: { type: 'existing-path', path } });
      },
    },
  ];
  if (!downloaded && javaServerIsKept(cache)) ways.reverse();
  const tried: string[] = [];
  for (const way of ways) {
    try {
      return await way.start();
    } catch (error) {
      tried.push(`${way.name}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    [
      "Temporal's time-skipping test server cannot be had on this machine.",
      'Tried:',
      ...tried.map((attempt) => `  - ${attempt}`),
      'The two quickest ways out:',
      `  1. let this machine reach ${downloadHost}`,
      '  2. install a Java runtime and Maven (Debian, Ubuntu: `apt-get install default-jre-headless maven`)',
    ].join('\n'),
  );
}

/** The SDK gives a server 5 s: enough, unless the machine is very busy at that moment. */
async function start(server: Server, tries = 3): Promise<TestWorkflowEnvironment> {
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({ server });
  } catch (error) {
    if (tries === 1) throw error;
    return start(server, tries - 1);
  }
}

async function mustAnswer(url: string): Promise<void> {
  // Any answer will do: what counts is that there is one, soon.
  await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(answersWithinMs) }).catch(
    (error: unknown) => {
      throw new Error(`${url} cannot be reached`, { cause: error });
    },
  );
}

async function withinDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = () => reject(new Error(`not there after ${downloadsWithinMs / 1000} s`));
    timer = setTimeout(giveUp, downloadsWithinMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

let quiet = false;

/** The tests make steps fail on purpose: what the SDK logs about that is noise. Once per process. */
export function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { forward: {}, filter: 'ERROR' } },
  });
}
