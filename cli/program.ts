/**
 * A command line of several commands: what each takes, its help made from that, and how every one of them ends. Exit codes:
 * 0 well, 1 refused or failed, 2 wrong usage. A reader that goes away (`| head`) is no error.
 */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../config.ts';

/** An option: its form in the help (`--limit N`), or none for one that is only given or not. */
export type Option = { form?: string; description: string };

type Values<O> = { [K in keyof O]?: O[K] extends { form: string } ? string : boolean };

/** A command: its arguments (`ID`, optional ones as `[ID2]`), its options and what it does. */
export type Command = {
  words: readonly string[];
  summary: string;
  details?: string;
  options: Record<string, Option>;
  run: (values: Record<string, string | boolean | undefined>, words: readonly string[]) => Promise<void>;
};

/** Declares commands that all have the `shared` options; it also ties the types of options to what is run with them. */
export function commandsWith<const S extends Record<string, Option>>(shared: S) {
  return <const O extends Record<string, Option>>(
    declared: Omit<Command, 'options' | 'run'> & {
      options: O;
      run: (values: Values<O> & Values<S>, words: readonly string[]) => Promise<void>;
    },
  ): Command => ({ ...declared, options: { ...declared.options, ...shared } }) as unknown as Command;
}

/** What was typed cannot be meant: exit code 2. */
export class WrongUsage extends Error {
  override name = 'WrongUsage';
}

/** It was refused, or did not work: shown without a stack trace, exit code 1. */
export class Failure extends Error {
  override name = 'Failure';
}

export type Program = {
  name: string;
  summary: string;
  details: string;
  commands: Record<string, Command>;
};

/** Runs the command that the arguments name and sets the exit code. */
export async function runProgram(program: Program, argv = process.argv.slice(2)): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const [name = '', ...rest] = argv;
  const called = Object.hasOwn(program.commands, name) ? program.commands[name] : undefined;
  const help = `\`npm run ${program.name} -- ${called ? `${name} ` : ''}--help\` says what there is.`;
  try {
    if (called) return await runCommand(program.name, name, called, rest);
    if (['--help', '-h', 'help'].includes(name)) return console.log(programHelp(program));
    const known = Object.keys(program.commands).join(', ');
    throw new WrongUsage(
      name === '' ? `expected a command: ${known}` : `there is no command \`${name}\`; there are ${known}`,
    );
  } catch (error) {
    if (error instanceof WrongUsage) {
      console.error(`${error.message}\n${help}`);
      process.exitCode = 2;
      return;
    }
    const expected = error instanceof Failure || error instanceof ConfigurationError;
    console.error(expected ? error.message : error);
    process.exitCode = 1;
  }
}

async function runCommand(program: string, name: string, called: Command, argv: string[]): Promise<void> {
  const { values, positionals } = parsed(argv, called.options);
  if (values['help'] === true) return console.log(commandHelp(program, name, called));
  const required = called.words.filter((word) => !word.startsWith('['));
  const missing = required[positionals.length];
  if (missing !== undefined) throw new WrongUsage(`${missing} is missing`);
  if (positionals.length > called.words.length) {
    throw new WrongUsage(`\`${positionals[called.words.length]}\` is one argument too many`);
  }
  await called.run(values, positionals);
}

function parsed(argv: string[], options: Record<string, Option>) {
  const types = Object.entries(options).map(
    ([name, { form }]) => [name, { type: form === undefined ? 'boolean' : 'string' }] as const,
  );
  try {
    return parseArgs({
      args: argv,
      allowPositionals: true,
      options: { ...Object.fromEntries(types), help: { type: 'boolean', short: 'h' } },
    });
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number of at least `least`, or undefined where the option was not given. */
export function wholeNumber(value: string | undefined, option: string, least = 1): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(value) || Number(value) < least) {
    throw new WrongUsage(`--${option} is \`${value}\`, expected a whole number, ${least} or more`);
  }
  return Number(value);
}

/** One of a few words, or undefined where the option was not given. */
export function oneOf<T extends string>(
  value: string | undefined,
  option: string,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((each) => each === value);
  if (found === undefined) {
    throw new WrongUsage(`--${option} is \`${value}\`, expected one of ${known.join(', ')}`);
  }
  return found;
}

/** Prints a value for scripts. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}

function programHelp({ name, summary, details, commands }: Program): string {
  const rows = Object.entries(commands).map(
    ([command, { words, summary: what }]) => [[command, ...words].join(' '), what] as const,
  );
  return [
    `Usage: npm run ${name} -- COMMAND [options]`,
    ...['', summary, '', 'Commands:', ...aligned(rows)],
    ...['', `\`npm run ${name} -- COMMAND --help\` lists its options.`, '', details],
  ].join('\n');
}

function commandHelp(program: string, name: string, called: Command): string {
  const { words, summary, details, options } = called;
  return [
    `Usage: npm run ${program} -- ${[name, ...words].join(' ')} [options]`,
    ...['', summary],
    ...(details === undefined ? [] : ['', details]),
    ...['', 'Options:', ...optionRows(options)],
  ].join('\n');
}

function optionRows(options: Record<string, Option>): string[] {
  const rows = Object.entries(options).map(
    ([name, { form, description }]) =>
      [`--${name}${form === undefined ? '' : ` ${form}`}`, description] as const,
  );
  return aligned([...rows, ['--help', 'shows this']]);
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
