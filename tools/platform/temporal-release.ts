/** The official release of the Temporal CLI: downloaded into the cache folder, checked, and moved into place in one step. */
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tar from 'tar';
import { readConfig } from '../../adapters/config.ts';
import { download, expectDigest, megabytes } from './download.ts';
import type { Surroundings } from './part.ts';
import { withProgress } from './progress.ts';
import { unfinishedPath } from './tracked-runs.ts';

const release = '1.9.1';

/** SHA-256 of the archive for each system, as its `checksums.txt` has it. */
const digests: Readonly<Record<string, string>> = {
  linux_amd64: '09a0326a51db84d02735e53542b9ebd8c4758daf47482a9ab0abce15844e60d5',
  linux_arm64: '6c57c352d52fc3df34412376fd9ba6f74b7e3ace8e426e6cba8600156d36a145',
  darwin_amd64: '48cdd6c84c56e27ae8e4d9a47052b89289a9c552dee029b49dd312c6fb72873f',
  darwin_arm64: '41e0425378fcb4fb5766340b97435e20fe47bbff2d7bf644ec2d51f7662b7c56',
  windows_amd64: '42637464c337a3da203fbd4e8c688e4b2d511fd42bd19c337c0422e923a7b619',
  windows_arm64: 'cfdfe43e69a2261191148294b1f7e3a7088ef8d3dc1ab1909b115b1784b6c6fe',
};
const os = process.platform === 'win32' ? 'windows' : process.platform;
const system = `${os}_${process.arch === 'x64' ? 'amd64' : process.arch}`;

/** What the archive for this system must be; undefined where there is none. */
export const releaseDigest: string | undefined = digests[system];

/** What the program is called here. */
export const program = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Where the release for this system is downloaded from. */
export function releaseUrl(environment: NodeJS.ProcessEnv): string {
  const { TEMPORAL_DOWNLOAD_URL: base } = readConfig(['TEMPORAL_DOWNLOAD_URL'], environment);
  return new URL(`temporal_cli_${release}_${system}.tar.gz`, base.replace(/\/?$/, '/')).href;
}

/** Where the release is kept. */
export function releasePath(cache: string): string {
  return join(cache, `temporal-cli-${release}`, program);
}

/** Downloads the release, which must have that digest, and resolves with its path. */
export async function downloadRelease(
  { environment, cache, say }: Surroundings,
  digest: string | undefined,
): Promise<string> {
  const url = releaseUrl(environment);
  const work = unfinishedPath(cache, 'temporal-download');
  mkdirSync(work, { recursive: true });
  try {
    const archive = join(work, url.split('/').at(-1)!);
    let received = 0;
    let total = 0;
    const found = await withProgress(
      `Temporal: downloading ${url}`,
      say,
      () =>
        download(url, archive, {
          environment,
          received(bytes, of) {
            received += bytes;
            total = of;
          },
        }),
      () => `${megabytes(received)}${total > 0 ? ` of ${megabytes(total)}` : ''}`,
    );
    expectDigest(url, found, digest ?? `none for ${system}`);
    await tar.extract({ file: archive, cwd: work, strict: true, filter: (path) => path === program });
    return moveInto(join(work, program), releasePath(cache));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Into place in one step, so that nobody ever runs half a binary. */
export function moveInto(file: string, path: string): string {
  mkdirSync(dirname(path), { recursive: true });
  renameSync(file, path);
  return path;
}
