/** Waiting for something to be so, which is looked at again with every change that is told. */
import { setTimeout as delay } from 'node:timers/promises';

export type Changes = {
  /** Tells that something has changed. */
  changed(): void;
  whenSo(isSo: () => boolean): Promise<void>;
  /** The same, or after so many milliseconds. */
  whenSoWithin(ms: number, isSo: () => boolean): Promise<void>;
};

/** Nothing is waited for yet. */
export function openChanges(): Changes {
  const watching = new Set<() => void>();
  return { changed, whenSo, whenSoWithin };

  function changed(): void {
    const all = [...watching];
    watching.clear();
    for (const look of all) look();
  }

  async function whenSo(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => watching.add(resolve));
  }

  async function whenSoWithin(ms: number, isSo: () => boolean): Promise<void> {
    await Promise.race([whenSo(isSo), delay(ms, undefined, { ref: false })]);
  }
}
