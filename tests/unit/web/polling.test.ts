/** What the page reads beside the feed: an answer that was under way while something was switched is older than what is known by then. */
import { strict as assert } from 'node:assert';
import { until } from '../../../adapters/waiting.ts';
import { noCrowd } from '../../../domain/crowd.ts';
import type { FaultState } from '../../../domain/faults.ts';
import type { Answered, Ask } from '../../../web/actions.ts';
import { createPolling } from '../../../web/polling.ts';
import { createStore } from '../../../web/state.ts';
import { stateWhenWell } from './faults.ts';

const at = '2026-01-01T00:00:00.000Z';
const well = stateWhenWell('mail-451');
const broken: FaultState = { ...well, healsAt: at, remainingMs: 10_000, askedBy: 'page' };
const report = (faults: FaultState[]) => ({ styles: [], processes: null, faults, at });

/** An API that answers a path when it is told to, and nothing else. */
function asking() {
  const waiting = new Map<string, (ok: unknown) => void>();
  const ask: Ask = <T>(_method: string, path: string) =>
    new Promise<Answered<T>>((resolve) => {
      waiting.set(path, (ok) => resolve({ status: 200, afterMs: 1, ok: ok as T }));
    });
  const untilAsked = (path: string) => until(`${path} to be asked for`, () => waiting.has(path));
  const answer = async (path: string, ok: unknown) => {
    await untilAsked(path);
    waiting.get(path)?.(ok);
    waiting.delete(path);
  };
  return { ask, untilAsked, answer };
}

describe('What the page reads beside the feed', () => {
  it('tells of faults at first by the report, then by their own answer, and not by what is older', async () => {
    const store = createStore();
    const { ask, untilAsked, answer } = asking();
    const polling = createPolling(store, ask, false);
    const isBroken = () => store.page.faults.map(({ healsAt }) => healsAt !== null);
    polling.go();
    try {
      await answer('styles', report([well]));
      await answer('crowd', noCrowd);
      await until('the report to tell of it', () => isBroken()[0] === false);

      for (const path of ['styles', 'faults', 'crowd']) await untilAsked(path);
      store.change({ faults: [broken] });
      await answer('styles', report([well]));
      await answer('faults', { faults: [well] });
      await answer('crowd', noCrowd);
      await untilAsked('faults');
      assert.deepEqual(isBroken(), [true]);

      await answer('faults', { faults: [well] });
      await until('it to be healed', () => isBroken()[0] === false);
    } finally {
      polling.rest();
    }
  });
});
