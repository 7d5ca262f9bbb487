/** `npm run statistics -- COMMAND`: has the late subscriber join the running stack, shows what it counts, and makes that again. */
import { countedDays, recount } from '../operator/statistics.ts';
import { supervisorOver } from '../platform/control.ts';
import { reasonOf } from '../platform/error.ts';
import { homeFolder } from '../platform/folders.ts';
import { noneRuns, runningApi } from '../platform/running.ts';
import { databaseUrl } from './addresses.ts';
import { commandsOf, Failure, printJson, runProgram } from './program.ts';
import { table } from './terminal.ts';

const command = commandsOf('statistics');

const start = command('start')
  .description('Starts it and waits until it is ready; does nothing where it runs.')
  .action(async ({ json }) => {
    await ask('start');
    if (json) printJson({ started: true });
    else console.log('Statistics counts. `npm run statistics -- show` shows what.');
  });

const stop = command('stop')
  .description('Stops it. What it has counted stays, and it goes on from there.')
  .action(async ({ json }) => {
    await ask('stop');
    if (json) printJson({ stopped: true });
    else console.log('Statistics has stopped.');
  });

const show = command('show')
  .description('Shows the signups of each style by the day on which they began, and what became of them.')
  .action(async ({ json }) => {
    const days = await onCounts(countedDays);
    if (json) return printJson(days);
    const heads = ['opened', 'activated', 'expired', 'undeliverable'] as const;
    const rows = days.map((each) => [
      { text: each.day },
      { text: each.style },
      ...heads.map((head) => ({ text: String(each[head]) })),
    ]);
    const columns = heads.map((head) => ({ head, align: 'right' as const }));
    console.log(table([{ head: 'day' }, { head: 'style' }, ...columns], rows));
  });

const rebuild = command('rebuild')
  .summary('counts again from the beginning')
  .description(
    'Counts again from the beginning what can be read again: logs, histories and the list. It sends nothing. What came by a queue is ' +
      'kept, as the queue has it no more.',
  )
  .action(async ({ json }) => {
    const again = await onCounts(recount);
    if (json) printJson({ rebuilt: again });
    else console.log(`Counts again: ${again.join(', ')}`);
  });

async function ask(what: 'start' | 'stop'): Promise<void> {
  const home = homeFolder(process.env);
  if (runningApi(home) === undefined) throw new Failure(noneRuns(home));
  const supervisor = supervisorOver(home);
  await supervisor[what]('statistics').catch((error: unknown) => {
    throw new Failure(reasonOf(error));
  });
}

/** Does something with what was counted. */
async function onCounts<T>(use: (url: string) => Promise<T | undefined>): Promise<T> {
  const url = databaseUrl();
  const found = await use(url).catch((error: unknown) => {
    throw new Failure(`The database at ${new URL(url).host} does not do it: ${reasonOf(error)}`);
  });
  if (found === undefined)
    throw new Failure('Statistics was never started: `npm run statistics -- start` does so.');
  return found;
}

await runProgram(
  {
    name: 'statistics',
    summary: 'A subscriber that joins late: what it knows of the past depends on the style.',
    details: [
      'It runs in the running stack once it is started, and not by itself. The database is the one of DATABASE_URL (an administrator’s',
      'address), else that of the running stack. Exit codes: 0 well, 1 refused or failed, 2 wrong usage.',
    ].join('\n'),
  },
  [start, show, rebuild, stop],
);
