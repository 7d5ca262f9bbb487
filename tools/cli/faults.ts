/**
 * `npm run faults -- COMMAND`: what is broken in the running stack, breaking more, and healing it. It asks the supervisor itself, so
 * that it works while the API is held.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { Duration, inWords } from '../../domain/duration.ts';
import { faultDurationMs, faultNames, faults, type FaultName, type FaultState } from '../../domain/faults.ts';
import { SupervisorAway, type Supervisor } from '../../domain/supervisor.ts';
import { supervisorOver } from '../platform/control.ts';
import { reasonOf } from '../platform/error.ts';
import { homeFolder } from '../platform/folders.ts';
import { isStackThere, noneRuns } from '../platform/running.ts';
import { commandsOf, Failure, printJson, runProgram } from './program.ts';
import { table, type Cell } from './terminal.ts';

const command = commandsOf('faults');
const usual = inWords(faultDurationMs.usual);
const longest = inWords(faultDurationMs.atMost);

const list = command('list')
  .description('Lists what can be broken, what is, and why the rest cannot.')
  .action(async ({ json }) => {
    const states = await ask((supervisor) => supervisor.faults());
    if (json) return printJson(states);
    const rows = states.map((state) => [
      { text: state.name },
      stateCell(state),
      { text: state.whyNot ?? faults[state.name].says },
    ]);
    console.log(table([{ head: 'fault' }, { head: 'state' }, { head: 'what happens', wraps: true }], rows));
  });

const breakIt = command('break')
  .summary('breaks something for a time')
  .description(
    'Breaks something for a time, after which it heals by itself. Where it is broken, its time begins anew.',
  )
  .argument('<name>', 'as `list` shows it', nameTyped)
  .option('--for <duration>', `${usual} when missing, ${longest} at most`, timeTyped)
  .action(async (name, { for: forMs = faultDurationMs.usual, json }) => {
    const state = await ask((supervisor) => supervisor.break(name, { forMs, askedBy: 'terminal' }));
    if (json) return printJson(state);
    console.log(
      `${faults[name].says} It heals within ${inWords(forMs)}; \`npm run faults -- heal\` heals everything at once.`,
    );
  });

const heal = command('heal')
  .description('Heals one fault, or all of them, and waits until it is well.')
  .argument('[name]', 'as `list` shows it', nameTyped)
  .action(async (name, { json }) => {
    await ask((supervisor) => supervisor.heal(name));
    if (json) return printJson({ healed: name ?? 'all' });
    console.log(name === undefined ? 'Nothing is broken.' : `${name} is healed.`);
  });

function stateCell({ isHere, remainingMs, askedBy }: FaultState): Cell {
  if (!isHere) return { text: 'not here', format: 'dim' };
  if (remainingMs === null) return { text: 'well' };
  if (remainingMs === 0) return { text: 'is being healed', format: 'yellow' };
  const by = askedBy === null ? '' : `, by ${askedBy}`;
  return { text: `broken for ${inWords(remainingMs + 999)}${by}`, format: 'red' };
}

function nameTyped(word: string): FaultName {
  const name = faultNames.find((each) => each === word);
  if (name !== undefined) return name;
  throw new InvalidArgumentError('There is no such fault: `npm run faults -- list` shows what there is.');
}

function timeTyped(word: string): number {
  const { success, data } = Duration.safeParse(word);
  if (success && data <= faultDurationMs.atMost) return data;
  throw new InvalidArgumentError('Expected a duration such as 10s, at most 2m.');
}

/** Asks the supervisor of the running stack. */
async function ask<T>(question: (supervisor: Supervisor) => Promise<T>): Promise<T> {
  const home = homeFolder(process.env);
  return question(supervisorOver(home)).catch((error: unknown) => {
    if (!(error instanceof SupervisorAway)) throw new Failure(reasonOf(error));
    if (!isStackThere(home)) throw new Failure(noneRuns(home));
    // Its message has the reason in it.
    const { message, cause } = error;
    const hasNoSocket = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new Failure(
      hasNoSocket ? `${message}. While a stack starts or stops, nothing can be broken.` : message,
    );
  });
}

await runProgram(
  {
    name: 'faults',
    summary: 'Breaks something in the running stack for a time, so that one sees what comes of it.',
    details: [
      'Only what the stack has started itself can be broken. It heals by itself, by `heal`, and at the end of the stack; the page',
      'of the API shows the same. Exit codes: 0 well, 1 refused or failed, 2 wrong usage.',
    ].join('\n'),
  },
  [list, breakIt, heal],
);
