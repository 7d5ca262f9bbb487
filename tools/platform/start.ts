/** `npm start`: the whole stack in the foreground, until Ctrl-C. */
import { ConfigurationError, variables } from '../../adapters/config.ts';
import { commandLine } from './command-line.ts';
import { homeFolder } from './folders.ts';
import { PlatformError } from './error.ts';
import { summary } from './shell.ts';
import { shieldFromShell } from './shield.ts';
import { startStack } from './stack.ts';
import { terminal } from './terminal.ts';

const environmentHelp = `
\`npm run doctor\` says what would be used, without starting anything.

Environment:
${Object.entries(variables)
  .filter(([, { description }]) => !description.includes('set by the supervisor'))
  .map(([name, { form, description }]) => `  ${name.padEnd(33)}${description} (${form})`)
  .join('\n')}`;

const { say, show } = terminal();

const { fresh = false, home } = commandLine('npm start --')
  .description(
    'Starts Postgres, RabbitMQ, Temporal, a mailbox and the processes of Duet, prints where they are, and starts Kafka. Ctrl-C stops them.',
  )
  .option('--fresh', 'discards the state of earlier starts first')
  .option('--home <folder>', 'keeps the state in this folder (as DUET_HOME)')
  .addHelpText('after', environmentHelp)
  .parse()
  .opts();
// Where it is started without the bootstrap.
shieldFromShell(process.env);
const environment = { ...process.env, ...(home === undefined ? {} : { DUET_HOME: home }) };
const stopping = new AbortController();
const killing = new AbortController();

// One Ctrl-C may arrive twice: from the terminal, and passed on by npm.
const sameKeyMs = 500;
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

try {
  const began = Date.now();
  const stack = await startStack({
    home: homeFolder(environment),
    fresh,
    environment,
    log: say,
    output: show,
    signals: { stop: stopping.signal, kill: killing.signal },
  });
  say(summary(stack, Date.now() - began));
  await stack.ended;
} catch (error) {
  if (!stopping.signal.aborted) {
    // What the user can put right needs no stack trace; everything else is a defect.
    const expected = error instanceof PlatformError || error instanceof ConfigurationError;
    console.error(expected ? `\n${error.message}` : error);
    process.exit(1);
  }
}
say('Stopped.');
process.exit(0);
