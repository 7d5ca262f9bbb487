import assert from 'node:assert/strict';
import { Unavailable, type Coordinator } from '../../domain/coordinator.ts';
import { noticingRefusals } from '../../http/readiness.ts';

describe('A style whose parts answer', () => {
  let works: boolean;
  let now: number;
  let coordinator: Coordinator;
  beforeEach(() => {
    works = false;
    now = 0;
    const parts: Partial<Coordinator> = {
      missing: async () => undefined,
      async start() {
        if (works) return { otherRequest: true };
        throw new Unavailable('temporal', new Error('the disk is full'));
      },
    };
    coordinator = noticingRefusals(parts as Coordinator, () => now);
  });
  const signUp = () =>
    coordinator.start('id', { email: 'ada@example.com', style: 'orchestration' }).catch(() => {});

  it('is not ready once three signups in a row could not be taken, until one is', async () => {
    await signUp();
    await signUp();
    assert.equal(await coordinator.missing(), undefined);
    await signUp();
    assert.equal(await coordinator.missing(), 'temporal');
    works = true;
    await signUp();
    assert.equal(await coordinator.missing(), undefined);
    works = false;
    await signUp();
    assert.equal(await coordinator.missing(), undefined);
  });

  it('is ready again when none was tried for a while, and not after the next that is refused', async () => {
    for (let tries = 0; tries < 3; tries += 1) await signUp();
    now += 9_999;
    assert.equal(await coordinator.missing(), 'temporal');
    now += 1;
    assert.equal(await coordinator.missing(), undefined);
    await signUp();
    assert.equal(await coordinator.missing(), 'temporal');
  });
});
