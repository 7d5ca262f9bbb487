/** A checkout of its own, as its operator has it: the code as it is here, which may be broken and mended, and `.duet` in it. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { presentBinary } from '../../tools/platform/temporal-binary.ts';
import { cacheFolder } from '../../tools/platform/folders.ts';
import { copyOfCode } from '../patched.ts';
import { temporaryFolder } from '../platform/stage.ts';
import { runningAddresses } from '../../tools/platform/running.ts';

export type Checkout = {
  path: string;
  /** The state folder of the stack over it. */
  home: string;
  workers: string;
  /** Replaces a piece of a file; returns what puts it back. */
  change: (file: string, from: string, to: string) => () => void;
  /** Runs commands in it as its operator would, and returns what they print. Throws where one of them fails. */
  type: (commands: string) => Promise<string>;
  [Symbol.dispose]: () => void;
};

/** Makes one, gone when it is disposed of. */
export function checkout(): Checkout {
  const folder = temporaryFolder();
  const path = join(folder.path, 'duet');
  copyOfCode(path);
  return {
    path,
    home: join(path, '.duet'),
    workers: join(path, 'workers'),
    change(file, from, to) {
      const name = join(path, file);
      const before = readFileSync(name, 'utf8');
      if (!before.includes(from)) throw new Error(`there is no \`${from}\` in ${file}`);
      writeFileSync(name, before.replace(from, to));
      return () => writeFileSync(name, before);
    },
    type: async (commands) => typed(commands, path, await operator(join(path, '.duet'))),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** The environment of somebody who has `temporal` on the PATH, and has typed what `npm run env` says of the stack over `home`. */
async function operator(home: string): Promise<NodeJS.ProcessEnv> {
  const { PATH = '', HOME } = process.env;
  const cache = cacheFolder(process.env);
  const temporal = await presentBinary({ environment: process.env, home: '', cache, say: () => {} });
  if ('missing' in temporal) throw new Error(temporal.missing);
  return {
    HOME,
    PATH: `${PATH}:${join(temporal.path, '..')}`,
    TERM: 'dumb',
    ...runningAddresses(home),
  };
}

/** Ends at the first command that fails, in a pipeline too. */
async function typed(commands: string, folder: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', commands], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  if (code !== 0) throw new Error(`exit code ${code} of\n${commands}\n${out}\n${err}`);
  return out + err;
}
