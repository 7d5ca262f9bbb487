/** What the commands of `tools/cli/` share: how they end, and how they print for scripts. A reader that goes away (`| head`) is no error. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { ConfigurationError } from '../../adapters/config.ts';
import { commandLine } from '../platform/command-line.ts';

/** What was typed cannot be meant: exit code 2. */
export class WrongUsage extends Error {
  override name = 'WrongUsage';
}

/** It was refused, or did not work: shown without a stack trace, exit code 1. */
export class Failure extends Error {
  override name = 'Failure';
}

/** Declares the commands of a program: those that are run as `npm run <program> -- <name>`. */
export function commandsOf(program: string) {
  return (name: string) =>
    commandLine(`npm run ${program} -- ${name}`).name(name).option('--json', 'prints JSON, for scripts');
}

/** Runs the command that the arguments name and sets the exit code. */
export async function runProgram(
  { name, summary, details }: { name: string; summary: string; details: string },
  commands: readonly CommandUnknownOpts[],
): Promise<void> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const program = commandLine(`npm run ${name} --`)
    .description(summary)
    .addHelpText('after', `\n${details}`)
    .configureHelp({ subcommandTerm: (command) => `${command.name()} ${command.usage()}` });
  for (const each of commands) program.addCommand(each);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof WrongUsage) program.error(error.message);
    const expected = error instanceof Failure || error instanceof ConfigurationError;
    console.error(expected ? error.message : error);
    process.exitCode = 1;
  }
}

/** Prints a value for scripts. */
export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, null, 2));
}
