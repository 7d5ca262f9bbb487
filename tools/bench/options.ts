/** What `npm run bench` can be told. */
import { Argument, Option } from '@commander-js/extra-typings';
import { commandLine, wholeNumber } from '../platform/command-line.ts';
import { systemNames, type SystemName } from './figures.ts';

/** What is measured, and the file for its figures. */
const files = { styles: 'bench.json', sleeping: 'sleeping.json', balance: 'balance.json' };

export type Options = {
  what: keyof typeof files;
  quick: boolean;
  large: boolean;
  only: readonly SystemName[];
  seed: number;
  out: string;
};

/** Reads the command line; ends the process after `--help`, and where it makes no sense. */
export function readOptions(): Options {
  const command = commandLine('npm run bench --')
    .description(
      'Measures the styles against their floors on a stack of its own, which it starts and stops. Takes up to ten minutes.\n' +
        'With `sleeping`: what signups cost while they wait for days, and what it takes to wake them all. Takes five minutes.\n' +
        'With `balance`: three ways of asking for the balance of an account. Takes a minute.',
    )
    .addArgument(
      new Argument('[what]', 'what is measured')
        .choices(['styles', 'sleeping', 'balance'] as const)
        .default('styles' as const),
    )
    .option('--quick', 'too little to say anything: shows that all works, in a minute')
    .option('--large', 'sleeping: 10,000 workflows and 100,000 signups of the chain, too; takes half an hour')
    .addOption(
      new Option('--only <system...>', 'some of them only (sleeping: of the styles)').choices(systemNames),
    )
    .option('--seed <number>', 'who signs up, and when in the open loop', wholeNumber(0), 1)
    .option(
      '--out <file>',
      'where the figures go; a file in results/ when missing, in build/ with --quick or --only',
    )
    .parse();
  const [what] = command.processedArgs;
  const { quick = false, large = false, only = systemNames, seed, out } = command.opts();
  const isWhole = !quick && only.length === systemNames.length;
  return { what, quick, large, only, seed, out: out ?? `${isWhole ? 'results' : 'build'}/${files[what]}` };
}
