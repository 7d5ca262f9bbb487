/** Waiting for something to be so, which is looked at again with every change that is told. */
import { setTimeout as delay } from 'node:timers/promises';

export type Changes = {
  /** Tells that something has changed. */
  changed(): void;
  /** The next change. Who waits in a loop looks in the same turn in which it goes on. */
  nextChange(): Promise<void>;
  /** When something is so, or after so many milliseconds. */
  whenSoWithin(ms: number, isSo: () => boolean): Promise<void>;
};

/** Nothing is waited for yet. */
export function openChanges(): Changes {
  const watching = new Set<() => void>();
  return { changed, nextChange, whenSoWithin };

  function changed(): void {
    const all = [...watching];
    watching.clear();
    for (const look of all) look();
  }

  function nextChange(): Promise<void> {
    return new Promise((resolve) => watching.add(resolve));
  }

  async function whenSo(isSo: () => boolean): Promise<void> {
    while (!isSo()) await nextChange();
  }

  async function whenSoWithin(ms: number, isSo: () => boolean): Promise<void> {
    await Promise.race([whenSo(isSo), delay(ms, undefined, { ref: false })]);
  }
}
