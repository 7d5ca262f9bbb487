/** Health checks while all is well; what they say while a part is away is in `outages.test.ts`. */
import { strict as assert } from 'node:assert';
import { styles } from '../../domain/signup.ts';
import { withParts, bareParts } from './bare-app.ts';
import { assertInvalid, exchange } from './exchange.ts';

describe('GET /health/live', () => {
  it('answers 200 while the process runs', async () => {
    const { status, body } = await exchange('GET', '/health/live');
    assert.equal(status, 200);
    assert.deepEqual(body, { status: 'up' });
  });
});

describe('GET /health/ready', () => {
  it('says of each style that it can take a signup', async () => {
    const { status, body } = await exchange('GET', '/health/ready');
    assert.equal(status, 200);
    assert.deepEqual(body, { choreography: { ready: true }, orchestration: { ready: true } });
  });

  for (const style of styles) {
    it(`says it of ${style} alone where that is asked`, async () => {
      const { status, body } = await exchange('GET', `/health/ready?style=${style}`);
      assert.equal(status, 200);
      assert.deepEqual(body, { [style]: { ready: true } });
    });
  }

  it('refuses a style it does not know, and any other question', async () => {
    assertInvalid(await exchange('GET', '/health/ready?style=both'), 'style');
    assertInvalid(await exchange('GET', '/health/ready?style='), 'style');
    assertInvalid(await exchange('GET', '/health/ready?verbose=1'), 'verbose');
  });

  it('answers 503 and names what is missing only when no style can take a signup', async () => {
    const { choreography: all } = bareParts.coordinators;
    const choreography = { ...all, missing: async () => 'database' as const };
    const orchestration = { ...all, missing: async () => 'temporal' as const };
    await withParts({ coordinators: { choreography, orchestration } }, async (url) => {
      const { status, body } = await exchange('GET', '/health/ready', { url });
      assert.equal(status, 503);
      assert.deepEqual(body, {
        choreography: { ready: false, missing: 'database' },
        orchestration: { ready: false, missing: 'temporal' },
      });
    });
    await withParts({ coordinators: { choreography, orchestration: all } }, async (url) => {
      assert.equal((await exchange('GET', '/health/ready', { url })).status, 200);
      assert.equal((await exchange('GET', '/health/ready?style=orchestration', { url })).status, 200);
      const { status, body } = await exchange('GET', '/health/ready?style=choreography', { url });
      assert.equal(status, 503);
      assert.deepEqual(body, { choreography: { ready: false, missing: 'database' } });
    });
  });
});
