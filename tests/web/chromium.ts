/**
 * Which browser the tests of the pages drive: the Chromium of the distribution, found on the `PATH`, or the one that `CHROMIUM` names.
 * None is downloaded. A run without one fails before it starts a stack.
 */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The program of the browser; throws where there is none, and says what to do. */
export async function chromiumPath(environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { CHROMIUM: named, PATH = '' } = environment;
  if (named !== undefined && named !== '') {
    if (await isProgram(named)) return named;
    throw new Error(`CHROMIUM is \`${named}\`, and that is no program; expected the path of a Chromium.`);
  }
  for (const folder of PATH.split(delimiter).filter(Boolean)) {
    for (const name of names) if (await isProgram(join(folder, name))) return join(folder, name);
  }
  throw new Error(
    'The tests of the pages need Chromium, and none is on the PATH. On Debian: `apt-get install chromium fonts-dejavu-core`. Set CHROMIUM to the path of another one.',
  );
}

function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
