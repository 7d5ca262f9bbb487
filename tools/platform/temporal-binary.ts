/**
 * The Temporal CLI, which holds the server: from the PATH if its server is new enough, else the official release, else built
 * from its Go module. Both are kept in the cache folder by version; several stacks may fetch at once.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { reasonOf } from './error.ts';
import type { StartSurroundings, Surroundings } from './part.ts';
import { onPath } from './search-path.ts';
import { buildFromSource, builtPath } from './temporal-build.ts';
import { downloadRelease, program, releaseDigest, releasePath } from './temporal-release.ts';
import { isOlder, versionOf } from './versions.ts';

/** Time skipping per workflow, which fast-forward needs, came with this server. */
const oldestServer = '1.32.0';

/** A usable binary. */
export type TemporalBinary = { path: string; server: string; way: 'found' | 'embedded' };

/** The binary that is there already; otherwise why not. */
export async function presentBinary({
  environment,
  cache,
}: Surroundings): Promise<TemporalBinary | { missing: string }> {
  const onTheWay = onPath(program, environment.PATH);
  let missing = '`temporal` is not on the PATH';
  if (onTheWay !== undefined) {
    const server = await serverOf(onTheWay);
    if (server !== undefined && !isOlder(server, oldestServer))
      return { path: onTheWay, server, way: 'found' };
    missing = `${onTheWay} holds server ${server ?? 'unknown'}, and ${oldestServer} or newer is needed`;
  }
  for (const path of [releasePath(cache), builtPath(cache)]) {
    const server = existsSync(path) ? await serverOf(path) : undefined;
    if (server !== undefined) return { path, server, way: 'embedded' };
  }
  return { missing };
}

/** Downloads or builds; throws an `AggregateError` of what was tried. */
export async function fetchBinary(
  surroundings: StartSurroundings,
  digest = releaseDigest,
): Promise<TemporalBinary> {
  const { cache, say } = surroundings;
  const waiting = (holder: number, soFar: string) =>
    say(`Temporal: process ${holder} is already fetching or building it, waiting for it${soFar}`);
  return withLock(join(cache, 'temporal.lock'), waiting, async () => {
    const tried: unknown[] = [];
    const present = await presentBinary(surroundings);
    if ('path' in present) return present;
    for (const attempt of [
      () => downloadRelease(surroundings, digest),
      () => buildFromSource(surroundings),
    ]) {
      try {
        const path = await attempt();
        const server = await serverOf(path);
        if (server !== undefined) return { path, server, way: 'embedded' };
        rmSync(path, { force: true });
        throw new Error(`${path} does not run`);
      } catch (error) {
        tried.push(error);
        say(`Temporal: ${reasonOf(error)}`);
      }
    }
    throw new AggregateError(tried);
  });
}

const serverOf = (path: string) => versionOf(path, '--version', /Server (\d+\.\d+\.\d+)/);
