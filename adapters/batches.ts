/**
 * Batches that form by themselves: under load one round trip and one commit serve many, and a lone item does
 * not wait.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseUnavailable } from './postgres.ts';

type Waiting<Item, Result> = {
  item: Item;
  resolve: (result: Result) => void;
  reject: (reason: unknown) => void;
};

// Where several came together, more are on their way: measured at 20 clients, waiting a moment for them made the chain a third
// faster, as one commit then serves twice as many.
const companyFrom = 2;
const usualCompanyMs = 3;

/**
 * Makes of `work`, which takes up to `atMost` items and answers them in their order, a function that takes
 * one. What comes in while a batch is under way goes with the next one; `lingerMs` is for items whose caller
 * does not wait. A batch that fails is repeated one by one, as it is not known which item it was; unless the
 * database is away, which is the fault of no item.
 */
export function inBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  { atMost = 50, lingerMs = 0, companyMs = usualCompanyMs } = {},
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let isWorking = false;

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // Not before the end of this turn of the event loop: what else came with it goes along, also by another socket.
      if (!isWorking) {
        isWorking = true;
        setImmediate(() => void workOff());
      }
    });

  async function workOff(): Promise<void> {
    let last = 0;
    while (waiting.length > 0) {
      const pauseMs = last > companyFrom ? Math.max(lingerMs, companyMs) : lingerMs;
      if (pauseMs > 0 && waiting.length < atMost) await delay(pauseMs);
      last = waiting.length;
      await answer(waiting.splice(0, atMost));
    }
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

/** The same for each of several places, such as open transactions: what is asked of one at the same moment goes together. */
export function inBatchesPer<Place extends object, Item, Result>(
  work: (place: Place, items: readonly Item[]) => Promise<readonly Result[]>,
): (place: Place, item: Item) => Promise<Result> {
  const batchesOf = new WeakMap<Place, (item: Item) => Promise<Result>>();
  return (place, item) => {
    let batches = batchesOf.get(place);
    if (!batches) {
      // A transaction is not held open to wait for company.
      batches = inBatches((items: readonly Item[]) => work(place, items), { companyMs: 0 });
      batchesOf.set(place, batches);
    }
    return batches(item);
  };
}

/**
 * Works on all items side by side, but on those of one key one after the other, in their order: as if each had a
 * transaction of its own although they share one. Answers in the order of the items. Where one fails, rejects once all others
 * have ended: what they wrote after that would be in no transaction any more.
 */
export async function inOrderOfKey<Item, Result>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const lastOf = new Map<string, Promise<unknown>>();
  const results = items.map((item) => {
    const result = (lastOf.get(keyOf(item)) ?? Promise.resolve()).then(() => work(item));
    lastOf.set(keyOf(item), result);
    return result;
  });
  await Promise.allSettled(results);
  return Promise.all(results);
}
