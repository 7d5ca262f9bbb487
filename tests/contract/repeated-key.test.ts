/** A key or a link used again: the signup as it is by now, also once all but the account has forgotten it. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { styles, type SignupRequest } from '../../domain/signup.ts';
import {
  arrival,
  click,
  clickUntilActedOn,
  getSignup,
  idOf,
  linkIn,
  linkOf,
  postSignup,
  postUntilAnswered,
  postUntilOpened,
  signupThat,
  startSignup,
  uniqueRequest,
  startedStatus,
} from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { assertNothingBegun, forgotten } from './forgotten.ts';

for (const style of styles) {
  describe(`An Idempotency-Key used again, by ${style}`, () => {
    it('shows the signup as it is, once it has ended', async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const { id } = await startSignup(request, { key });
      await clickUntilActedOn(await linkIn(request.email));
      await signupThat('is activated', id, ({ status }) => status === 'activated');
      await assertShown(request, key, 'activated');
      await untilAtRest(id);
      await assertShown(request, key, 'activated');
    });

    for (const outcome of ['activated', 'expired'] as const) {
      it(`shows one that was ${outcome} as it ended, where only its account is left, and begins nothing`, async () => {
        const { request, key, id } = await forgotten(style, outcome);
        await assertShown(request, key, outcome);
        await assertNothingBegun(id, request);
      });

      it(`is refused to somebody else, where only the account is left of one that was ${outcome}`, async () => {
        const { request, key, id } = await forgotten(style, outcome);
        const other = uniqueRequest(style);
        const { status, body } = await postSignup(other, { key });
        assert.deepEqual([status, body.type], [422, 'urn:duet:problem:key-reused']);
        assert.equal((await getSignup(id)).email, request.email);
        await assertNothingBegun(id, other);
        assert.equal((await postSignup(other)).status, startedStatus(style), 'nothing holds the address');
      });
    }

    it('is refused again where it was refused, although the address is free by then', async () => {
      const holder = await forgotten(style, 'activated');
      const request = { ...uniqueRequest(style), email: holder.request.email };
      const key = randomUUID();
      assert.equal((await postUntilOpened(request, { key })).status, 409);
      await databaseOf('accounts').query('delete from accounts where signup_id = $1', [holder.id]);
      assert.equal((await postUntilAnswered(request, { key })).status, 409);
      assert.equal((await postUntilAnswered({ ...request, name: 'Eve' }, { key })).status, 422);
      assert.equal((await postSignup(request)).status, startedStatus(style), 'the address is free');
    });
  });
}

for (const style of styles) {
  describe(`A link clicked again, by ${style}`, () => {
    it('is answered as before where only the account is left, and begins nothing', async () => {
      const { request, id } = await forgotten(style, 'activated');
      const { status, body } = await click(await linkOf(id));
      assert.deepEqual([status, body], [200, { id, status: 'activated' }]);
      await assertNothingBegun(id, request);
    });
  });
}

describe('An Idempotency-Key whose refusal was removed', () => {
  it('is new', async () => {
    const holder = await forgotten('choreography', 'activated');
    const request = { ...uniqueRequest('choreography'), email: holder.request.email };
    const key = randomUUID();
    assert.equal((await postSignup(request, { key })).status, 409);
    const ids = [holder.id, idOf('choreography', key)];
    await databaseOf('accounts').query('delete from accounts where signup_id = any($1)', [ids]);
    await databaseOf('accounts').query('delete from requests where signup_id = any($1)', [ids]);
    assert.equal((await postSignup(request, { key })).status, startedStatus(request.style));
    await arrival(request.email, 'welcome');
  });
});

async function assertShown(request: SignupRequest, key: string, outcome: string): Promise<void> {
  const { status, body } = await postSignup(request, { key });
  assert.equal(status, startedStatus(request.style));
  assert.deepEqual([body.id, body.status, body.outcome], [idOf(request.style, key), outcome, outcome]);
  assert.ok(body.endedAt);
}
