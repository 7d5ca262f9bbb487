/** The Temporal CLI built from its Go module (`temporal-cli/go.mod`), for where its release cannot be reached. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { reasonOf } from './error.ts';
import type { StartSurroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { onPath } from './search-path.ts';
import { moveInto, program } from './temporal-release.ts';
import { runTracked, unfinishedPath } from './tracked-runs.ts';
import { isOlder } from './versions.ts';

const run = promisify(execFile);
const flags = ['-trimpath', '-ldflags', '-s -w', '-v'];
const built = { cli: '1.8.2', server: '1.32.0', go: '1.26' };

/** The version of Go on the PATH, or why it cannot build. */
export async function goVersion(
  environment: NodeJS.ProcessEnv,
): Promise<{ version: string } | { unfit: string }> {
  if (onPath(process.platform === 'win32' ? 'go.exe' : 'go', environment.PATH) === undefined) {
    return { unfit: 'Go is not on the PATH, so it cannot be built' };
  }
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'], { env: environment, cwd: '/' });
    const version = stdout.trim().replace(/^go/, '');
    // From 1.21 on, Go fetches the newer toolchain a module asks for by itself.
    return isOlder(version, '1.21')
      ? { unfit: `Go ${version} is too old to build it, ${built.go} is needed` }
      : { version };
  } catch (error) {
    return { unfit: `\`go env\` failed: ${reasonOf(error)}` };
  }
}

/** Where what was built is kept. */
export function builtPath(cache: string): string {
  return join(cache, `temporal-cli-${built.cli}-server-${built.server}`, program);
}

/** Builds it and resolves with its path; two who build at once end with the same file. */
export async function buildFromSource({
  environment,
  cache,
  say,
  track,
}: StartSurroundings): Promise<string> {
  const go = await goVersion(environment);
  if ('unfit' in go) throw new Error(go.unfit);
  const unfinished = unfinishedPath(cache, 'temporal-build');
  let last = '';
  try {
    await withProgress(
      `Temporal: building its CLI ${built.cli} with Go ${go.version} (5 minutes the first time, 10 and more on a small machine)`,
      say,
      async () => {
        try {
          await runTracked(
            'go',
            ['build', ...flags, '-o', unfinished, 'github.com/temporalio/cli/cmd/temporal'],
            {
              environment: { ...environment, CGO_ENABLED: '0' },
              folder: fileURLToPath(new URL('temporal-cli', import.meta.url)),
              track,
              heard: (line) => (last = line),
            },
          );
        } catch (error) {
          throw new Error(`building it with Go failed: ${reasonOf(error)}`, { cause: error });
        }
      },
      () => last,
    );
    return moveInto(unfinished, builtPath(cache));
  } finally {
    rmSync(unfinished, { force: true });
  }
}
