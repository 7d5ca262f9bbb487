/** The command lines as a user runs them: processes of their own, with what they print and how they end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { until } from '../../adapters/waiting.ts';
import { repository } from '../../tools/platform/folders.ts';
import { theStack } from '../stack.ts';

/** What a command printed, and its exit code. */
export type Ended = { code: number | null; out: string; err: string };

/** A command that runs. */
export type Running = { child: ChildProcess; printed: () => string; ended: Promise<Ended> };

/** The environment of whoever operates the stack of this run; a variable set to undefined is not there. */
function environment(overrides: Record<string, string | undefined>): NodeJS.ProcessEnv {
  const { addresses } = theStack();
  const { NO_COLOR: _, FORCE_COLOR: __, ...own } = process.env;
  return {
    ...own,
    AMQP_URL: addresses.amqpAdmin,
    AMQP_MANAGEMENT_URL: addresses.amqpManagement,
    KAFKA_BROKERS: addresses.kafka,
    ...overrides,
  };
}

/** Starts one of our commands, without npm around it. */
export function start(
  program: 'signup' | 'dead-letters' | 'positions' | 'statistics' | 'faults',
  words: readonly string[],
  overrides: Record<string, string | undefined> = {},
): Running {
  const child = spawn(process.execPath, [`tools/cli/${program}.ts`, ...words], {
    cwd: repository,
    env: environment(overrides),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const ended = Promise.all([
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]).then(([err, code]) => ({ code, out: printed, err }));
  return { child, printed: () => printed, ended };
}

/** `npm run signup -- …` against the API of this run. */
export function signup(...words: string[]): Promise<Ended> {
  return start('signup', [...words, '--url', theStack().urls.api]).ended;
}

/**
 * The same again, for as long as the API had no time for it, or has kept a click that is not acted on yet. It must change nothing to
 * repeat it: `start` needs a --key.
 */
export function signupActedOn(...words: string[]): Promise<Ended> {
  return until(`signup ${words.join(' ')} to be acted on`, async () => {
    const ended = await signup(...words);
    const isLate = /^(\S+: )?Not (available at the moment|finished): /m.test(ended.err);
    if (!isLate && !ended.out.includes('is kept, and will be acted on')) return ended;
    throw new Error(ended.err + ended.out);
  });
}

/** `npm run dead-letters -- …` against the broker of this run. */
export function deadLetters(...words: string[]): Promise<Ended> {
  return start('dead-letters', words).ended;
}
