/** What `npm run bench` can be told. */
import { Argument, Option } from '@commander-js/extra-typings';
import { commandLine, wholeNumber } from '../platform/command-line.ts';
import { couplingFaults } from './coupling/faults.ts';
import { systemNames, type SystemName } from './figures.ts';

/** What is measured, and the file for its figures. */
const files = {
  styles: 'bench.json',
  sleeping: 'sleeping.json',
  balance: 'balance.json',
  coupling: 'coupling.json',
};

const faultNames = couplingFaults.map(({ name }) => name);

export type Options = {
  what: keyof typeof files;
  quick: boolean;
  large: boolean;
  only: readonly SystemName[];
  faults: readonly string[];
  resume: boolean;
  seed: number;
  out: string;
};

/** Reads the command line; ends the process after `--help`, and where it makes no sense. */
export function readOptions(): Options {
  const command = commandLine('npm run bench --')
    .description(
      'Measures the styles against their floors on a stack of its own, which it starts and stops. Takes about 20 minutes.\n' +
        'With `sleeping`: what signups cost while they wait for days, and what it takes to wake them all. Takes a few minutes per style.\n' +
        'With `balance`: three ways of asking for the balance of an account. Takes a minute.\n' +
        'With `coupling`: how long callers wait, and what they are promised, while something is slow or away. Takes about 15 minutes per style.',
    )
    .addArgument(
      new Argument('[what]', 'what is measured')
        .choices(['styles', 'sleeping', 'balance', 'coupling'] as const)
        .default('styles' as const),
    )
    .option('--quick', 'too little to say anything: shows that all works')
    .option('--large', 'sleeping: 10,000 workflows, and 100,000 signups of each other style, too')
    .addOption(
      new Option('--only <system...>', 'some of them only (sleeping, coupling: of the styles)').choices(
        systemNames,
      ),
    )
    .addOption(new Option('--faults <fault...>', 'coupling: some of the faults only').choices(faultNames))
    .option('--resume', 'coupling: leaves out the cells that the file for the figures has already')
    .option('--seed <number>', 'who signs up, and when in the open loop', wholeNumber(0), 1)
    .option(
      '--out <file>',
      'where the figures go; a file in results/ when missing, in build/ with --quick, --only or --faults',
    )
    .parse();
  const [what] = command.processedArgs;
  const { quick = false, large = false, resume = false, seed, out: file } = command.opts();
  const { only = systemNames, faults = faultNames } = command.opts();
  const isWhole = !quick && only.length === systemNames.length && faults.length === faultNames.length;
  const out = file ?? `${isWhole ? 'results' : 'build'}/${files[what]}`;
  return { what, quick, large, only, faults, resume, seed, out };
}
