/** Many signups at once. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Signup, Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { arrival, mailbox, postUntilAnswered, send, startedStatus, uniqueRequest } from '../client.ts';
import { accountsOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';

/** Asks for so many signups at once, each tenth of an address that cannot be reached: each comes to its right end, none twice. */
export async function burst(style: Style, count: number): Promise<void> {
  const requests = Array.from({ length: count }, (_, index) =>
    uniqueRequest(style, index % 10 === 0 ? { email: `t-${randomUUID()}@undeliverable.example` } : {}),
  );
  const replies = await Promise.all(requests.map((request) => postUntilAnswered(request)));
  const isRefused = (email: string) =>
    traits[style].answersAfter === 'everything' && email.endsWith('@undeliverable.example');
  assert.deepEqual(
    replies.map(({ status }) => status),
    requests.map(({ email }) => (isRefused(email) ? 422 : startedStatus(style))),
  );
  const ids = replies.map(({ headers }) => headers.get('location')!.split('/').at(-1)!);

  const wanted = (email: string) => (email.endsWith('@undeliverable.example') ? 'undeliverable' : 'pending');
  await until(
    `all ${count} to be notified or compensated`,
    async () => {
      const accounts = await accountsOf(ids);
      const settled = accounts.filter(
        (account) => account.notified_at !== null || account.status === 'closed',
      );
      if (settled.length === count) return true;
      throw new Error(`${settled.length} of ${count}`);
    },
    { withinMs: 120_000, everyMs: 250 },
  );
  for (const [index, id] of ids.entries()) {
    const { status } = (await send<Signup>('GET', `/signups/${id}`)).body;
    assert.equal(status, wanted(requests[index]!.email));
  }
  await Promise.all(
    requests.map(async ({ email, phone }) => {
      const isReachable = wanted(email) === 'pending';
      if (!isReachable) await arrival(phone!, 'closed');
      const mails = await mailbox(email);
      const messages = await mailbox(phone!);
      assert.equal(mails.length, isReachable ? 1 : 0, `mails to ${email}`);
      // The welcome SMS of an account that was closed meanwhile may have been left behind.
      const smsIds = messages.map(({ messageId }) => messageId);
      assert.equal(new Set(smsIds).size, smsIds.length, `SMS to ${phone}: ${smsIds.join(', ')}`);
      if (isReachable) assert.equal(smsIds.length, 1);
    }),
  );
}
