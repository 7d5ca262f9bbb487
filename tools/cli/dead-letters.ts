/**
 * `npm run dead-letters -- COMMAND`: what the broker has set aside, looked at, sent on its way again, or dropped; and what it has
 * lost. It talks to the broker as its administrator: the services may not read each other's queues.
 */
import { createInterface } from 'node:readline/promises';
import { asideQueues, originOf, withBroker } from '../operator/dead-letters.ts';
import type { DeadLetter, Redriven, SetAsideMessages, SetAsideQueue } from '../operator/dead-letters.ts';
import { reasonOf } from '../platform/error.ts';
import { wholeNumber } from '../platform/command-line.ts';
import { openDatabase, type Database } from '../../adapters/postgres.ts';
import { asidePlaces, setAsideRows } from '../operator/set-aside-rows.ts';
import { brokerAddress, knownDatabaseUrl } from './addresses.ts';
import { logNames, withLog } from './logs.ts';
import { commandsOf, Failure, printJson, runProgram, WrongUsage } from './program.ts';
import { retellEvents } from './retell.ts';
import { moment, painted, table } from './terminal.ts';

const command = commandsOf('dead-letters');
const dryRun = ['--dry-run', 'only says what it would do'] as const;

const list = command('list')
  .description('Lists the queues of what was set aside, and how much each holds.')
  .action(async ({ json }) => {
    const found: SetAsideQueue[] = await overQueues(undefined, async (broker, queue) => {
      const messages = await broker.count(queue);
      const [oldest] = messages === 0 ? [] : await broker.peek(queue, 1);
      return { queue, messages, oldest: oldest?.at ?? null };
    });
    if (json) return printJson(found);
    const rows = found.map(({ queue, messages, oldest }) => [
      { text: queue },
      { text: String(messages), format: messages > 0 ? ('yellow' as const) : ('dim' as const) },
      { text: moment(oldest) },
    ]);
    console.log(table([{ head: 'queue' }, { head: 'messages', align: 'right' }, { head: 'oldest' }], rows));
  });

const show = command('show')
  .description('Shows what a queue holds, or all of them; the messages stay where they are.')
  .argument('[queue]')
  .option('--limit <n>', 'at most so many of each queue', wholeNumber(1), 20)
  .action(async (queue, { limit, json }) => {
    const found = await overQueues(queue, (broker, each) => broker.peek(each, limit));
    const letters = found.flat();
    if (json) return printJson(letters);
    if (letters.length === 0) return console.log('Nothing was set aside.');
    console.log(letters.map(sheetOf).join('\n\n'));
  });

function sheetOf({ queue, reason, type, signupId, at, bytes, body }: DeadLetter): string {
  return table(
    [{ head: 'queue' }, { head: queue, wraps: true }],
    [
      [{ text: 'reason' }, { text: reason, format: 'yellow' }],
      [{ text: 'type' }, { text: type ?? '–' }],
      [{ text: 'signup' }, { text: signupId ?? '–' }],
      [{ text: 'at' }, { text: moment(at) }],
      [{ text: 'body' }, { text: `${body}  (${bytes} bytes)`, format: 'dim' }],
    ],
  );
}

const redrive = command('redrive')
  .summary('sends what a queue holds to where it came from')
  .description(
    'Sends what a queue holds, or all of them, to where it came from.\n\n' +
      'Only what is there at the start is sent: a message that dies again stays. An unrouted event goes to the exchange of ' +
      'events again. Ctrl-C ends it after the message in hand; killed at any moment, it loses none: at worst one is delivered twice, ' +
      'which every service knows by its id.',
  )
  .argument('[queue]')
  .option(...dryRun)
  .action(async (queue, { json, dryRun: isDry }) => {
    const signal = interrupted();
    const done: Redriven[] = await overQueues(queue, async (broker, each) => {
      if (!isDry && !signal.aborted) return broker.redrive(each, signal);
      return { queue: each, to: originOf(each), redriven: 0, left: await broker.count(each) };
    });
    if (json) printJson(done);
    else {
      const lines = done
        .filter(({ redriven, left }) => redriven + left > 0)
        .map((each) => (isDry ? wouldRedrive(each) : hasRedriven(each)));
      console.log(lines.length === 0 ? 'There is nothing to redrive.' : lines.join('\n'));
    }
    const left = done.reduce((sum, each) => sum + each.left, 0);
    if (!isDry && left > 0) {
      throw new Failure(
        signal.aborted
          ? `Interrupted: ${messages(left)} not redriven yet.`
          : `The broker did not take ${messages(left)} where they came from; they stay where they are.`,
      );
    }
  });

const messages = (count: number) => `${count} ${count === 1 ? 'message' : 'messages'}`;
const wouldRedrive = ({ queue, to, left }: Redriven) => `${queue}: would redrive ${messages(left)} to ${to}`;
const hasRedriven = ({ queue, to, redriven }: Redriven) => `${queue}: redrove ${messages(redriven)} to ${to}`;

const drop = command('drop')
  .description('Drops what a queue holds. They are gone then.')
  .argument('<queue>')
  .option(...dryRun)
  .option('--yes', 'does not ask')
  .action(async (queue, { json, yes, dryRun: isDry }) => {
    const [dropped] = await overQueues(queue, async (broker) => {
      const count = await broker.count(queue);
      if (isDry || count === 0) return { queue, dropped: 0, left: count };
      if (!yes) await confirm(queue, count);
      const gone = await broker.drop(queue, interrupted());
      return { queue, dropped: gone, left: Math.max(0, count - gone) };
    });
    const { dropped: gone, left } = dropped!;
    if (json) printJson(dropped);
    else if (isDry) console.log(`${queue}: would drop ${messages(left)}`);
    else console.log(`${queue}: dropped ${messages(gone)}`);
    if (!isDry && left > 0) throw new Failure(`Interrupted: ${messages(left)} not dropped.`);
  });

async function confirm(queue: string, count: number): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new WrongUsage('without a terminal to ask on, `drop` wants --yes (and --dry-run shows how many)');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // A question that is closed on Ctrl-C or Ctrl-D is never answered by itself.
  const closed = new AbortController();
  terminal.once('SIGINT', () => terminal.close()).once('close', () => closed.abort());
  const warning = painted(`${messages(count)} of ${queue} will be gone.`, ['bold', 'red']);
  const typed = await terminal
    .question(`${warning} Type the queue's name to drop: `, { signal: closed.signal })
    .catch(() => undefined);
  terminal.close();
  if (typed?.trim() !== queue) throw new Failure('Nothing was dropped.');
}

/** Aborted by the first Ctrl-C; a second one ends the process as usual. */
function interrupted(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

/** Does something with the named queue, or with all of them one after the other. */
async function overQueues<T>(
  named: string | undefined,
  use: (broker: SetAsideMessages, queue: string) => Promise<T>,
): Promise<T[]> {
  const address = brokerAddress();
  try {
    const placesIn = (database: Database) => asidePlaces(database, logNames);
    const [queues, places] = await Promise.all([asideQueues(address), onRows(placesIn, async () => [])]);
    const known = [...queues, ...places];
    if (named !== undefined && !known.includes(named)) {
      throw new WrongUsage(
        [`There is no queue \`${named}\` of what was set aside; there are:`, ...known].join('\n  '),
      );
    }
    const chosen = named === undefined ? known : [named];
    const results = await withBroker(address.url, async (broker) => {
      const ofBroker: T[] = [];
      for (const queue of chosen.filter((each) => queues.includes(each)))
        ofBroker.push(await use(broker, queue));
      return ofBroker;
    });
    const rest = chosen.filter((each) => !queues.includes(each));
    await onRows(
      async (database) => {
        const rows = setAsideRows(database, withLog);
        for (const place of rest) results.push(await use(rows, place));
      },
      async () => {},
    );
    return results;
  } catch (error) {
    if (error instanceof WrongUsage || error instanceof Failure) throw error;
    throw new Failure(`The broker at ${new URL(address.url).host} does not do it: ${reasonOf(error)}`);
  }
}

/** Uses the services' database, where it is known which one that is. */
async function onRows<T>(use: (database: Database) => Promise<T>, without: () => Promise<T>): Promise<T> {
  const url = knownDatabaseUrl();
  if (url === undefined) return without();
  const database = openDatabase(url, { connections: 1 });
  try {
    return await use(database);
  } catch (error) {
    if (error instanceof WrongUsage || error instanceof Failure) throw error;
    throw new Failure(`The database at ${new URL(url).host} does not do it: ${reasonOf(error)}`);
  } finally {
    await database.end();
  }
}

await runProgram(
  {
    name: 'dead-letters',
    summary:
      'What was set aside (messages that a service could not read, events that no queue was bound to), and what a broker has lost.',
    details: [
      'A queue is `<queue>.dead`, `signup.unrouted.latest` or `<service>.<log>.set-aside`, as `list` shows them; the last are rows of the',
      'services, in the database of DATABASE_URL, else that of the running stack. The broker is the one of AMQP_URL and AMQP_MANAGEMENT_URL',
      '(an administrator’s addresses), else that of the running stack. In a pipe use `npm run --silent dead-letters -- …`.',
      'Exit codes: 0 well, 1 refused or failed, 2 wrong usage.',
    ].join('\n'),
  },
  [list, show, redrive, drop, retellEvents],
);
