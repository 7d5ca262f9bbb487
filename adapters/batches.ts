/** Batches that form by themselves: under load one round trip and one commit serve many, and without load nobody waits. */
import { DatabaseUnavailable } from './postgres.ts';

type Waiting<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
};

/**
 * Makes of `work`, which takes up to `atMost` items and answers them in their order, a function that takes one. What comes
 * in while a batch is under way goes with the next one. A batch that fails is repeated one by one, as it is not known which
 * item it was; unless the database is away, which is nobody's fault.
 */
export function inBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  { atMost = 50 } = {},
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isWorking = false;

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // Not before the end of this turn: what else came with it goes along.
      if (!isWorking) {
        isWorking = true;
        queueMicrotask(() => void workOff());
      }
    });

  async function workOff(): Promise<void> {
    while (waiting.length > 0) await answer(waiting.splice(0, atMost));
    isWorking = false;
  }

  async function answer(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await work(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]!);
    } catch (error) {
      if (batch.length === 1 || error instanceof DatabaseUnavailable) {
        for (const { reject } of batch) reject(error);
      } else {
        for (const one of batch) await answer([one]);
      }
    }
  }
}
