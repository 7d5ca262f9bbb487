/** An Idempotency-Key used again: its signup as it is by now, also once all but the account has forgotten it. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import { styles, type SignupRequest, type Style } from '../../domain/signup.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import {
  arrival,
  click,
  getSignup,
  idOf,
  linkIn,
  mailbox,
  postSignup,
  signupThat,
  startSignup,
  uniqueRequest,
  startedStatus,
} from '../client.ts';
import { databaseOf, untilAtRest, temporalClient } from '../inside.ts';

for (const style of styles) {
  describe(`An Idempotency-Key used again, by ${style}`, () => {
    it('shows the signup as it is, once it has ended', async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const { id } = await startSignup(request, { key });
      await click(await linkIn(request.email));
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
      assert.equal((await postSignup(request, { key })).status, 409);
      await databaseOf('accounts').query('delete from accounts where signup_id = $1', [holder.id]);
      assert.equal((await postSignup(request, { key })).status, 409);
      assert.equal((await postSignup({ ...request, name: 'Eve' }, { key })).status, 422);
      assert.equal((await postSignup(request)).status, startedStatus(style), 'the address is free');
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

type Forgotten = { request: SignupRequest; key: string; id: string };

/** What is left of a signup after 30 days: its account. */
async function forgotten(style: Style, outcome: 'activated' | 'expired'): Promise<Forgotten> {
  const request = uniqueRequest(style);
  const key = randomUUID();
  const id = idOf(style, key);
  const { email, phone, name } = request;
  await databaseOf('accounts').query(
    `insert into accounts (signup_id, style, status, email, phone, name, opened_at, verify_by, activated_at, closed_at, close_reason)
     select $1, $2, $3, $4, $5, $6, ago, ago + interval '7 days',
            case when $3 = 'active' then ago end, case when $3 = 'closed' then ago + interval '7 days' end,
            case when $3 = 'closed' then 'expired' end
     from (select now() - interval '31 days' as ago) as then_`,
    [id, style, outcome === 'activated' ? 'active' : 'closed', email, phone, name],
  );
  return { request, key, id };
}

async function assertShown(request: SignupRequest, key: string, outcome: string): Promise<void> {
  const { status, body } = await postSignup(request, { key });
  assert.equal(status, startedStatus(request.style));
  assert.deepEqual([body.id, body.status, body.outcome], [idOf(request.style, key), outcome, outcome]);
  assert.ok(body.endedAt);
}

/** Neither events nor a workflow of a signup, and no message to the one who asked. */
async function assertNothingBegun(id: string, { email }: SignupRequest): Promise<void> {
  const { rows } = await databaseOf('accounts').query('select key from outbox where signup_id = $1', [id]);
  assert.deepEqual(rows, []);
  await assert.rejects(temporalClient().workflow.getHandle(workflowId(id)).describe(), WorkflowNotFoundError);
  assert.deepEqual(await mailbox(email), []);
}
