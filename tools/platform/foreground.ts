/** A stack in the foreground, until Ctrl-C: what `npm start` and `npm run stage` do alike. */
import { ConfigurationError, variables } from '../../adapters/config.ts';
import { commandLine } from './command-line.ts';
import { homeFolder } from './folders.ts';
import { PlatformError } from './error.ts';
import { summary } from './shell.ts';
import { shieldFromShell } from './shield.ts';
import { startStack, type StackOptions } from './stack.ts';
import { terminal } from './terminal.ts';

/** A command that starts a stack: how it is called, what its help says, and what its stack has besides. */
export type Foreground = {
  called: string;
  description: string;
  /** Told what the user has set; says what is to be said. */
  besides?: (environment: NodeJS.ProcessEnv, say: (line: string) => void) => Partial<StackOptions>;
};

const environmentHelp = `
\`npm run doctor\` says what would be used, without starting anything.

Environment:
${Object.entries(variables)
  .filter(([, { description }]) => !description.includes('set by the supervisor'))
  .map(([name, { form, description }]) => `  ${name.padEnd(33)}${description} (${form})`)
  .join('\n')}`;

// One Ctrl-C may arrive twice: from the terminal, and passed on by npm.
const sameKeyMs = 500;

/** Reads the command line, starts the stack, says where it is, and ends this process once it has ended. */
export async function runInForeground({ called, description, besides }: Foreground): Promise<never> {
  const { say, show } = terminal();
  const {
    fresh = false,
    faults = false,
    home: named,
  } = commandLine(called)
    .description(description)
    .option('--fresh', 'discards the state of earlier starts first')
    .option('--faults', 'lets it be broken on request though its API listens for other machines, too')
    .option('--home <folder>', 'keeps the state in this folder (as DUET_HOME)')
    .addHelpText('after', environmentHelp)
    .parse()
    .opts();
  // Where it is started without the bootstrap.
  shieldFromShell(process.env);
  const environment = { ...process.env, ...(named === undefined ? {} : { DUET_HOME: named }) };
  const signals = signalsOfUser(say);
  try {
    const began = Date.now();
    const stack = await startStack({
      home: homeFolder(environment),
      command: called.replace(/ --$/, ''),
      fresh,
      faults,
      environment,
      log: say,
      output: show,
      signals,
      ...besides?.(environment, say),
    });
    say(summary(stack, Date.now() - began));
    await stack.ended;
  } catch (error) {
    if (!signals.stop.aborted) {
      // What the user can put right needs no stack trace; everything else is a defect.
      const expected = error instanceof PlatformError || error instanceof ConfigurationError;
      console.error(expected ? `\n${error.message}` : error);
      process.exit(1);
    }
  }
  say('Stopped.');
  process.exit(0);
}

/** Ctrl-C stops in order, and a second one at once. */
function signalsOfUser(say: (line: string) => void): { stop: AbortSignal; kill: AbortSignal } {
  const stopping = new AbortController();
  const killing = new AbortController();
  let interruptedAt = 0;

  function interrupt(): void {
    if (stopping.signal.aborted) {
      if (Date.now() - interruptedAt < sameKeyMs) return;
      say('Ending everything at once.');
      killing.abort();
      return;
    }
    interruptedAt = Date.now();
    say('Stopping in order (again: ends everything at once) …');
    stopping.abort();
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  return { stop: stopping.signal, kill: killing.signal };
}
