/**
 * Unpacks Debian packages anywhere, and makes what is unpacked run there: by its own loader and C library, so that neither
 * the system's version of them counts nor what it has installed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tar from 'tar';
import { onPath } from './search-path.ts';

/** What can unpack a package here; undefined where nothing can. */
export function unpacker(path: string | undefined): 'dpkg-deb' | 'xz' | undefined {
  return (['dpkg-deb', 'xz'] as const).find((program) => onPath(program, path) !== undefined);
}

/** Unpacks what a package has below those folders; a link to somewhere in the system becomes one to the same place in the root. */
export async function unpackPackage(
  file: string,
  root: string,
  folders: readonly string[],
  path: string | undefined,
): Promise<void> {
  const program = unpacker(path);
  if (program === undefined) throw new Error('neither `dpkg-deb` nor `xz` is on the PATH');
  const input = program === 'xz' ? memberOf(await readFile(file), 'data.tar.xz') : '';
  const child = spawn(program, program === 'xz' ? ['-dc'] : ['--fsys-tarfile', file], {
    env: { PATH: path },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  // Where unpacking fails, what the program says of it is not waited for any more.
  ended.catch(() => {});
  // A program that ends before it has read all says why by its exit code.
  child.stdin.on('error', () => {});
  const links = new Map<string, string>();
  const extracting = pipeline(
    child.stdout,
    tar.extract({
      cwd: root,
      strict: true,
      filter(name, entry) {
        const inside = name.replace(/^\.\//, '');
        if (!folders.some((folder) => inside.startsWith(`${folder}/`))) return false;
        const target = 'linkpath' in entry ? entry.linkpath : undefined;
        if (target === undefined || !isAbsolute(target)) return true;
        links.set(join(root, inside), join(root, target));
        return false;
      },
    }),
  );
  child.stdin.end(input);
  await extracting;
  const [code] = await ended;
  if (code !== 0) throw new Error(`${program} could not unpack ${file} (${code})`);
  for (const [link, target] of links) {
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), target), link);
  }
}

/** A member of an `ar` archive: a header of 60 bytes before each, an even length. */
export function memberOf(archive: Buffer, name: string): Buffer {
  let at = '!<arch>\n'.length;
  while (at + 60 <= archive.length) {
    const header = archive.toString('latin1', at, at + 60);
    const size = Number(header.slice(48, 58));
    const start = at + 60;
    if (header.slice(0, 16).trim().replace(/\/$/, '') === name) return archive.subarray(start, start + size);
    at = start + size + (size % 2);
  }
  throw new Error(`no ${name} in the archive`);
}

/** Puts a script before each program in a folder, which starts it by the loader among those libraries; `place` is where the root will be. */
export function startByOwnLoader(root: string, folder: string, libraries: string, place: string): void {
  const loader = readdirSync(join(root, libraries)).find((name) => /^ld-linux-.*\.so\.\d+$/.test(name));
  if (loader === undefined) throw new Error(`no loader in ${libraries}`);
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    const program = join(entry.parentPath, entry.name);
    if (!entry.isFile() || entry.name.endsWith('.so') || !isProgram(program)) continue;
    const real = `${program}.real`;
    renameSync(program, real);
    const words = [join(place, libraries, loader), '--library-path', join(place, libraries), '--argv0'].map(
      quoted,
    );
    const target = quoted(join(place, real.slice(root.length)));
    writeFileSync(program, `#!/bin/sh\nexec ${words.join(' ')} "$0" ${target} "$@"\n`);
    chmodSync(program, 0o755);
  }
}

/** A word as a shell takes it literally. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Whether it is a program for the loader: what one loads later is found by the library path. */
function isProgram(file: string): boolean {
  return readFileSync(file).subarray(0, 4).equals(Buffer.from('\u007FELF', 'latin1'));
}
