/** A signup of long ago: what is left of it, and that nothing new begins of it. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { SignupRequest, Style } from '../../domain/signup.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { idOf, mailbox, uniqueRequest } from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';

export type Forgotten = { request: SignupRequest; key: string; id: string };

/** What is left of a signup after 30 days: its account. */
export async function forgotten(style: Style, outcome: 'activated' | 'expired'): Promise<Forgotten> {
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

/** Neither events nor a workflow of a signup, and no message to the one who asked. */
export async function assertNothingBegun(id: string, { email }: SignupRequest): Promise<void> {
  const { rows } = await databaseOf('accounts').query('select key from outbox where signup_id = $1', [id]);
  assert.deepEqual(rows, []);
  await assert.rejects(temporalClient().workflow.getHandle(workflowId(id)).describe(), WorkflowNotFoundError);
  assert.deepEqual(await mailbox(email), []);
}
