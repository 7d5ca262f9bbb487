/**
 * The live page, bundled into the state folder: a script and a style sheet, each named by what is in it, and which of them are the present
 * ones. It takes less than a second, so it is done at every start, while the parts start.
 */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { BuildOptions, BuildResult, Plugin } from 'esbuild';
import { reasonOf } from './error.ts';
import { repository } from './folders.ts';
import { privately } from './private-files.ts';

/** The folder that the page is served from, below a state folder. */
export const pageFolderIn = (home: string) => join(home, 'bundle', 'page');

/** Bundles the page, and returns its folder. A stack without it still plays signups: what went wrong is said, and the start page serves. */
export async function bundlePage(home: string, say: (line: string) => void): Promise<string | undefined> {
  const folder = pageFolderIn(home);
  try {
    // Loaded only where a page is wanted, as the other bundler.
    const { build, stop } = await import('esbuild');
    try {
      await keep(folder, await privately(() => build(optionsFor(folder))));
    } finally {
      await stop();
    }
    return folder;
  } catch (error) {
    say(`The live page could not be bundled: ${reasonOf(error)}`);
    return undefined;
  }
}

/** Bundles the page again after every change of its sources, until the process ends. `told` is called after each. */
export async function watchPage(home: string, told: (errors: number) => void): Promise<void> {
  const { context } = await import('esbuild');
  const folder = pageFolderIn(home);
  const telling: Plugin = {
    name: 'telling',
    setup: ({ onEnd }) =>
      onEnd(async (result) => {
        if (result.errors.length === 0) await keep(folder, result);
        told(result.errors.length);
      }),
  };
  const options = optionsFor(folder);
  const watching = await privately(() =>
    context({ ...options, logLevel: 'info', plugins: [...(options.plugins ?? []), telling] }),
  );
  await watching.watch();
}

function optionsFor(folder: string) {
  return {
    absWorkingDir: repository,
    entryPoints: [
      { in: 'web/entry.ts', out: 'page' },
      { in: 'web/page.css', out: 'page' },
    ],
    entryNames: '[name]-[hash]',
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome122', 'firefox131', 'safari18'],
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
    plugins: [withoutSchemas],
  } satisfies BuildOptions;
}

/**
 * The page takes types, names and pure functions of `domain/`, and parses nothing. The schemas that stand beside them would bring their
 * library, five times as large as the page, so whatever is made of it is an object that answers to everything.
 */
const withoutSchemas: Plugin = {
  name: 'without-schemas',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^zod$/ }, () => ({ path: 'zod', namespace: 'without-schemas' }));
    onLoad({ filter: /.*/, namespace: 'without-schemas' }, () => ({
      contents: 'export const z = new Proxy(function () {}, { get: () => z, apply: () => z });',
    }));
  },
};

/** Notes which files are the present ones, and removes those of before. */
async function keep(folder: string, { metafile }: BuildResult): Promise<void> {
  const made = Object.keys(metafile?.outputs ?? {}).map((path) => basename(path));
  const named = (ending: string) => made.find((name) => name.endsWith(ending));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = join(folder, `page.json.${process.pid}`);
  const present = JSON.stringify({ script: named('.js'), style: named('.css') });
  await writeFile(unfinished, present, { mode: 0o600 });
  await rename(unfinished, join(folder, 'page.json'));
  for (const name of await readdir(folder))
    if (name.startsWith('page-') && !made.includes(name)) await rm(join(folder, name), { force: true });
}
