/** What `npm run lab` can be told. */
import { parseArgs } from 'node:util';
import { styles, type Style } from '../domain/signup.ts';
import type { Fault } from './fault.ts';
import { faultNamed, faults } from './faults.ts';
import { stylesOf } from './cell.ts';

const help = `Usage: npm run lab -- [options]

Breaks a stack of its own, which it starts and stops, and judges what both styles make of it. Without options: the whole matrix
and the control group, in about 25 minutes; writes results/lab.json and docs/failure-report.html.

Options:
  --fault FAULT    one fault only, with all that happens and the history of the signup that fared worst
  --style STYLE    with --fault: one style only (${styles.join(' or ')})
  --campaign       random faults, one after another and overlapping, under steady load in both styles
  --minutes N      with --campaign: how long (10)
  --seed N         who signs up, who is hit, and what a campaign does (1)
  --signups N      per cell (20)
  --list           the faults
  --help           shows this`;

export type Options = {
  what: 'matrix' | 'cell' | 'campaign';
  fault: Fault | undefined;
  styles: readonly Style[];
  minutes: number;
  seed: number;
  signups: number;
};

/** Reads the command line. Ends the process after \`--help\` and \`--list\`, and with 2 where it makes no sense. */
export function readOptions(given = process.argv.slice(2)): Options {
  try {
    const { values } = parseArgs({
      args: given,
      options: {
        fault: { type: 'string' },
        style: { type: 'string' },
        campaign: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: '1' },
        signups: { type: 'string', default: '20' },
        list: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(help);
      process.exit(0);
    }
    if (values.list) {
      for (const { name, breaks } of faults) console.log(`${name.padEnd(26)}${breaks}`);
      process.exit(0);
    }
    const fault = values.fault === undefined ? undefined : known(values.fault);
    const chosen = values.style === undefined ? styles : [styleNamed(values.style)];
    if (fault && !stylesOf(fault).some((style) => chosen.includes(style))) {
      throw new Error(`\`${fault.name}\` means nothing to ${chosen.join(' and ')}`);
    }
    if (fault && values.campaign) throw new Error('--fault and --campaign exclude each other');
    if (!fault && values.style !== undefined) throw new Error('--style goes with --fault');
    return {
      what: fault ? 'cell' : values.campaign ? 'campaign' : 'matrix',
      ...{ fault, styles: chosen },
      minutes: number('minutes', values.minutes, 1),
      seed: number('seed', values.seed, 0),
      signups: number('signups', values.signups, 1),
    };
  } catch (error) {
    console.error(
      `${error instanceof Error ? error.message : String(error)}\n\`npm run lab -- --help\` lists the options.`,
    );
    process.exit(2);
  }
}

function known(name: string): Fault {
  const fault = faultNamed(name);
  if (fault) return fault;
  throw new Error(`--fault is \`${name}\`, expected one of ${faults.map((each) => each.name).join(', ')}`);
}

function styleNamed(name: string): Style {
  const style = styles.find((each) => each === name);
  if (style) return style;
  throw new Error(`--style is \`${name}\`, expected one of ${styles.join(', ')}`);
}

function number(option: string, given: string, least: number): number {
  const value = Number(given);
  if (/^\d+$/.test(given) && Number.isSafeInteger(value) && value >= least) return value;
  throw new Error(`--${option} is \`${given}\`, expected a whole number, ${least} or more`);
}
