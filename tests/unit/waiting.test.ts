/** Work that is repeated until it is stopped, and looks that go on until a fact shows. */
import { strict as assert } from 'node:assert';
import { every, pause, until } from '../../adapters/waiting.ts';

describe('A pause', () => {
  it('ends at once when it is cut short, and where it was before', async () => {
    const stopping = new AbortController();
    const pausing = pause(60_000, stopping.signal);
    stopping.abort();
    await pausing;
    await pause(60_000, stopping.signal);
  });
});

describe('Work that is repeated', () => {
  it('ends with its signal, whose abort cuts the pause short', async () => {
    const stopping = new AbortController();
    let times = 0;
    await every(
      60_000,
      async () => {
        times += 1;
        if (times < 3) return 0;
        stopping.abort();
        return undefined;
      },
      stopping.signal,
    );
    assert.equal(times, 3);
  });

  it('is not begun where it is stopped already', () =>
    every(0, async () => assert.fail('it was begun'), AbortSignal.abort()));

  it('throws what the work throws', () =>
    assert.rejects(
      every(
        0,
        async () => {
          throw new Error('broken');
        },
        new AbortController().signal,
      ),
      /broken/,
    ));
});

describe('Looking for a fact', () => {
  it('resolves with what shows', async () => {
    let looks = 0;
    const seen = await until('the third look', () => (looks += 1) === 3 && `look ${looks}`, { everyMs: 1 });
    assert.equal(seen, 'look 3');
  });

  it('says after its time what it waited for and what it last saw', async () => {
    const within = { withinMs: 10, everyMs: 1 };
    await assert.rejects(
      until('rain', () => Promise.reject(new Error('sunshine')), within),
      /waited 0\.01 s for rain; last seen: 'sunshine'/,
    );
    await assert.rejects(
      until('rain', () => undefined, within),
      /last seen: undefined/,
    );
  });

  it('ends when it is stopped, with the reason', () =>
    assert.rejects(
      until('rain', () => false, { signal: AbortSignal.abort(new Error('stopped')) }),
      /stopped/,
    ));
});
