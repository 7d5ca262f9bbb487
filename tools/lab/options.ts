/** What `npm run lab` can be told. */
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { styles, type Style } from '../../domain/signup.ts';
import { commandLine, wholeNumber } from '../platform/command-line.ts';
import { stylesOf, type Fault } from './fault.ts';
import { faultNamed, faults } from './faults.ts';

export type Options = {
  what: 'matrix' | 'cell' | 'campaign' | 'report';
  fault: Fault | undefined;
  /** Missing where each fault is played for its usual styles. */
  styles: readonly Style[] | undefined;
  minutes: number;
  seed: number;
  signups: number;
};

/** Reads the command line. Ends the process after `--help` and `--list`, and with 2 where it makes no sense. */
export function readOptions(): Options {
  const command = commandLine('npm run lab --')
    .description(
      'Breaks a stack of its own, which it starts and stops, and judges what every style makes of it. Without options: the whole ' +
        'matrix and the control group, in about 25 minutes; writes results/lab.json and build/failure-report.html.',
    )
    .option(
      '--fault <fault>',
      'one fault only, with all that happens and the history of the signup that fared worst',
      known,
    )
    .addOption(new Option('--style <style>', 'with --fault: one style only').choices(styles))
    .addOption(
      new Option(
        '--all',
        'every fault in every style, and not only in the two that are compared and where others may differ',
      ).conflicts(['style', 'campaign', 'report']),
    )
    .addOption(
      new Option(
        '--campaign',
        'random faults, one after another and overlapping, under steady load in the two styles that are compared',
      ).conflicts('fault'),
    )
    .option('--minutes <n>', 'with --campaign: how long', wholeNumber(1), 10)
    .option('--seed <n>', 'who signs up, who is hit, and what a campaign does', wholeNumber(0), 1)
    .option('--signups <n>', 'per cell', wholeNumber(1), 20)
    .option('--list', 'the faults')
    .addOption(
      new Option(
        '--report',
        'plays nothing; writes build/failure-report.html from results/lab.json',
      ).conflicts(['fault', 'campaign']),
    )
    .parse();
  const { fault, style, all, campaign, list, report, ...numbers } = command.opts();
  if (list) {
    const widest = Math.max(...faults.map(({ name }) => name.length));
    for (const { name, breaks } of faults) console.log(`${name.padEnd(widest)}  ${breaks}`);
    process.exit(0);
  }
  const chosen = style !== undefined ? [style] : all ? styles : undefined;
  if (fault && !stylesOf(fault).some((each) => chosen?.includes(each) ?? true))
    command.error(`\`${fault.name}\` means nothing to ${(chosen ?? styles).join(' and ')}`);
  if (!fault && style !== undefined) command.error('--style goes with --fault');
  const what = report ? 'report' : fault ? 'cell' : campaign ? 'campaign' : 'matrix';
  return { what, fault, styles: chosen, ...numbers };
}

function known(name: string): Fault {
  const fault = faultNamed(name);
  if (fault) return fault;
  throw new InvalidArgumentError(`Expected one of ${faults.map((each) => each.name).join(', ')}.`);
}
