/** Health checks while all is well; what they say while a part is away is in `outages.test.ts`. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle, traits } from '../../domain/styles.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { assertInvalid, exchange } from './exchange.ts';

describe('GET /health/live', () => {
  it('answers 200 while the process runs', async () => {
    const { status, body } = await exchange('GET', '/health/live');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'up' });
  });
});

describe('GET /health/ready', () => {
  /** Waits until it is answered so: a part that takes more than a moment to answer counts as away. */
  const answers = (path: string, expected: object) =>
    until(`the answer to ${path}`, async () => {
      const { status, body } = await exchange('GET', path);
      assert.deepEqual([status, body], [200, expected]);
      return true;
    });

  it('says of each style that it can take a signup', () =>
    answers(
      '/health/ready',
      forEachStyle(() => ({ ready: true })),
    ));

  for (const style of styles) {
    it(`says it of ${style} alone where that is asked`, () =>
      answers(`/health/ready?style=${style}`, { [style]: { ready: true } }));
  }

  it('refuses a style it does not know, and any other question', async () => {
    assertInvalid(await exchange('GET', '/health/ready?style=both'), 'style');
    assertInvalid(await exchange('GET', '/health/ready?style='), 'style');
    assertInvalid(await exchange('GET', '/health/ready?verbose=1'), 'verbose');
  });

  it('answers 503 and names what is missing only when no style can take a signup', async () => {
    const parts = forEachStyle((style) =>
      traits[style].mechanism === 'workflow' ? ('temporal' as const) : ('database' as const),
    );
    const waiting = (style: Style) => ({ ...bareCoordinator, missing: async () => parts[style] });
    await withParts({ coordinators: forEachStyle(waiting) }, async (url) => {
      const { status, body } = await exchange('GET', '/health/ready', { url });
      assert.equal(status, 503);
      assert.deepEqual(
        body,
        forEachStyle((style) => ({ ready: false, missing: parts[style] })),
      );
    });
    for (const style of styles) {
      const coordinators = { ...bareParts.coordinators, [style]: waiting(style) };
      await withParts({ coordinators }, async (url) => {
        assert.equal((await exchange('GET', '/health/ready', { url })).status, 200);
        for (const other of styles.filter((each) => each !== style))
          assert.equal((await exchange('GET', `/health/ready?style=${other}`, { url })).status, 200);
        const { status, body } = await exchange('GET', `/health/ready?style=${style}`, { url });
        assert.equal(status, 503);
        assert.deepEqual(body, { [style]: { ready: false, missing: parts[style] } });
      });
    }
  });
});
