/** The table at the end of a run: where its time went. */

/** How long a file, or the start of a stack, took. */
export type Seconds = { file: string; seconds: number };

/** Tells the seconds of each file, longest first, and of each folder. */
export function secondsTable(files: readonly Seconds[]): string {
  const folders = new Map<string, number>();
  for (const { file, seconds } of files) {
    const folder = file.includes('/') ? file.slice(0, file.lastIndexOf('/') + 1) : file;
    folders.set(folder, (folders.get(folder) ?? 0) + seconds);
  }
  return [
    'Seconds per file',
    ...rows(files.map(({ file, seconds }) => [file, seconds])),
    'Seconds per folder',
    ...rows([...folders]),
  ].join('\n');
}

function rows(all: readonly (readonly [string, number])[]): string[] {
  return all
    .toSorted(([, one], [, other]) => other - one)
    .map(([name, seconds]) => `${seconds.toFixed(1).padStart(8)}  ${name}`);
}
