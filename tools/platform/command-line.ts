/**
 * How every command of Duet takes its arguments. Exit codes: 0 well, 1 refused or failed, 2 wrong usage, which is one line that says
 * what, and one that says where the help is.
 */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';

/** A command that is called like that (`npm start --`), with its help and its complaints. */
export function commandLine(called: string): Command {
  return new Command(called)
    .helpOption('-h, --help', 'shows this')
    .showHelpAfterError(`\`${called} --help\` says what there is.`)
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, '').replaceAll(/\n(?=\()/g, ' ')),
    })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** Takes a whole number of at least `least`, and at most `most`. */
export function wholeNumber(least: number, most = Infinity): (value: string) => number {
  const range = most === Infinity ? `, ${least} or more` : ` from ${least} to ${most}`;
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number >= least && number <= most)
      return number;
    throw new InvalidArgumentError(`Expected a whole number${range}.`);
  };
}
