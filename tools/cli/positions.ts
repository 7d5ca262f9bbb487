/**
 * `npm run positions -- COMMAND`: how far services have read logs, and reading again. It talks to database and broker as
 * their administrator.
 */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { positionsIn, rewind, type Position, type Rewound } from '../operator/positions.ts';
import { wholeNumber } from '../platform/command-line.ts';
import { reasonOf } from '../platform/error.ts';
import { databaseUrl } from './addresses.ts';
import { withLog } from './logs.ts';
import { commandsOf, Failure, printJson, runProgram, WrongUsage } from './program.ts';
import { moment, table } from './terminal.ts';

const command = commandsOf('positions');

const show = command('show')
  .description(
    'Shows how far each service has read each partition of a log, and how many records are ahead of it.',
  )
  .action(async ({ json }) => {
    const positions = await orFailure(positionsIn(databaseUrl()));
    const endOf = await ends(positions);
    const shown = positions.map((each) => ({ ...each, ahead: aheadOf(each, endOf(each)) }));
    if (json) return printJson(shown);
    const right = { align: 'right' } as const;
    console.log(
      table(
        [
          ...['service', 'log'].map((head) => ({ head })),
          ...['partition', 'next', 'ahead', 'missed', 'remade'].map((head) => ({ head, ...right })),
          { head: 'moved' },
        ],
        shown.map(({ service, log, partition, next, ahead, missed, remade, movedAt }) =>
          [service, log, partition, next, ahead ?? '–', missed, remade, moment(movedAt)].map((each) => ({
            text: String(each),
          })),
        ),
      ),
    );
  });

const back = command('rewind')
  .summary('has a service read a log again')
  .description(
    'Has a service read a log again, from its beginning, from a record on, or from what was published at a time.\n\n' +
      'Without --yes it only says what it would do. A service does only what was never done: what was sent is not sent ' +
      'again, and what was decided is not decided again. Processes that read at that moment take note of it within seconds.',
  )
  .argument('<service>')
  .argument('<log>')
  .option('--to <offset>', 'from this record on, in every partition', wholeNumber(0))
  .option('--to-time <time>', 'from what was published then, such as 2026-11-29T08:00:00Z', timeTyped)
  .option('--yes', 'does it')
  .action(async (service, log, { to, toTime, yes = false, json }) => {
    if (to !== undefined && toTime !== undefined)
      throw new WrongUsage('--to and --to-time exclude each other');
    const url = databaseUrl();
    const known = await orFailure(positionsIn(url));
    if (!known.some((each) => each.service === service && each.log === log)) {
      const there = [...new Set(known.map((each) => `${each.service} ${each.log}`))];
      throw new WrongUsage([`\`${service}\` does not read \`${log}\`; there are:`, ...there].join('\n  '));
    }
    const places = toTime && (await orFailure(withLog(log, (each) => each.offsetsAt(toTime))));
    const place = (partition: number) => (places ? places[partition] : (to ?? 0));
    const rewound = await orFailure(rewind(url, { service, log, to: place }, { isDry: !yes }));
    if (json) return printJson(rewound);
    if (rewound.length === 0) return console.log('No position is beyond that.');
    console.log(rewound.map((each) => lineOf(each, yes)).join('\n'));
    if (!yes) console.log('Nothing was done; --yes does it.');
  });

function lineOf({ partition, from, to }: Rewound, isDone: boolean): string {
  return `partition ${partition}: ${isDone ? 'reads' : 'would read'} again from ${to} instead of ${from}`;
}

function timeTyped(word: string): Date {
  const time = new Date(word);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('Expected a time such as 2026-11-29T08:00:00Z.');
  return time;
}

/** Where the partitions of each log end; undefined where it does not say. */
async function ends(positions: readonly Position[]) {
  const found = new Map<string, (number | undefined)[]>();
  for (const log of new Set(positions.map((each) => each.log))) {
    const extents = await withLog(log, (each) => each.extents()).catch(() => []);
    found.set(
      log,
      extents.map((extent) => extent?.end),
    );
  }
  return ({ log, partition }: Position) => found.get(log)?.[partition];
}

const aheadOf = ({ next }: Position, end: number | undefined) =>
  end === undefined ? null : Math.max(0, end - next);

async function orFailure<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WrongUsage || error instanceof Failure) throw error;
    throw new Failure(`It could not be done: ${reasonOf(error)}`);
  }
}

await runProgram(
  {
    name: 'positions',
    summary: 'How far services have read logs, and reading again.',
    details: [
      'The database is the one of DATABASE_URL and the broker that of AMQP_URL and AMQP_MANAGEMENT_URL (an',
      'administrator’s addresses), else those of the running stack. In a pipe use `npm run --silent positions -- …`.',
      'Exit codes: 0 well, 1 refused or failed, 2 wrong usage.',
    ].join('\n'),
  },
  [show, back],
);
