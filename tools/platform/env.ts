/** `npm run env`: what to `export` to reach the running stack, and what to try; exit code 1 where none runs. */
import { commandLine } from './command-line.ts';
import { homeFolder } from './folders.ts';
import { noneRuns } from './running.ts';
import { exportLines, signupCommands } from './shell.ts';

commandLine('npm run env --')
  .description(
    'Prints where the running stack is, as variables for the shell: eval "$(npm run --silent env)"\nDUET_HOME names the folder of another stack.',
  )
  .parse();

const home = homeFolder(process.env);
const lines = exportLines(home);
if (lines === undefined) {
  console.error(noneRuns(home));
  process.exitCode = 1;
} else {
  console.log([...lines, ...signupCommands().map((command) => `# ${command}`)].join('\n'));
}
