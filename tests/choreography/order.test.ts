/** Order is promised nowhere: whatever order a signup's events arrive in, and however often, the end is the same. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { accountSteps } from '../../activities/accounts.ts';
import { inTransaction } from '../../adapters/postgres.ts';
import { accountsReactions } from '../../choreography/accounts.ts';
import { envelop, type Envelope } from '../../domain/envelope.ts';
import { keyOf, type Fact } from '../../domain/events.ts';
import { retryPolicy } from '../../domain/process.ts';
import type { Notified } from '../../domain/signup.ts';
import { openInbox, type Inbox } from '../../messaging/inbox.ts';
import { inTellingTransaction } from '../../messaging/outbox.ts';
import { databaseOf } from '../inside.ts';

const at = new Date().toISOString();
const mail = { messageId: 'any', channel: 'email', purpose: 'welcome' } as const;
const text = { ...mail, channel: 'sms' } as const;
const sent: Fact = { type: 'message.sent', data: mail };
const smsSent: Fact = { type: 'message.sent', data: text };
const smsRefused: Fact = {
  type: 'message.undeliverable',
  data: { ...text, reason: 'no such number' },
};
const undeliverable: Fact = {
  type: 'message.undeliverable',
  data: { ...mail, reason: 'no such user' },
};

describe('A signup’s events, in every order', () => {
  const steps = accountSteps({ key: 'ab'.repeat(32), publicUrl: 'http://localhost' });
  let inbox: Inbox;

  before(() => {
    // The service's own inbox over its own tables; only the broker between the events and it is left out, as it promises no order.
    inbox = openInbox({
      service: 'accounts',
      database: databaseOf('accounts'),
      instance: randomUUID(),
      reactions: accountsReactions,
      steps,
      retry: retryPolicy,
      transaction: async (work) => (await inTellingTransaction(databaseOf('accounts'), work)).result,
      onFault: (fault) => {
        throw fault;
      },
    });
  });
  after(() => inbox.stop(5000));

  const cases: { facts: Fact[]; click: boolean; ends: string }[] = [
    { facts: [sent, smsSent], click: true, ends: 'active, sent and sent, notified once' },
    { facts: [sent, smsRefused], click: true, ends: 'active, sent and undeliverable, notified once' },
    { facts: [sent, sent, smsSent], click: false, ends: 'pending, sent and sent, notified once' },
  ];
  for (const { facts, click, ends } of cases) {
    const names = [...facts.map(keyOf), ...(click ? ['the click'] : [])];
    it(`ends as “${ends}” for ${names.join(', ')}`, async () => {
      for (const order of permutations([...facts, ...(click ? ['click' as const] : [])])) {
        const signupId = await openedAccount();
        for (const next of order) {
          if (next === 'click') await activate(signupId);
          else await deliver(signupId, next);
        }
        assert.equal(
          await endOf(signupId),
          ends,
          order.map((next) => (next === 'click' ? next : keyOf(next))).join(', '),
        );
      }
    });
  }

  it('has one winner when the mail bounces at RCPT and the link is clicked all the same', async () => {
    for (const order of permutations([undeliverable, 'click' as const, smsSent])) {
      const signupId = await openedAccount();
      for (const next of order) {
        if (next === 'click') await activate(signupId);
        else await deliver(signupId, next);
      }
      const first = order.find((next) => next === 'click' || next === undeliverable);
      const expected = first === 'click' ? 'active' : 'closed';
      assert.match(await endOf(signupId), new RegExp(`^${expected}, .*not notified$`));
    }
  });

  it('is closed for good when the undo comes before the step', async () => {
    const signupId = randomUUID();
    await deliver(signupId, undeliverable);
    const opening = await inTransaction(databaseOf('accounts'), (transaction) =>
      steps.openAccount(transaction, {
        signupId,
        style: 'choreography',
        at,
        email: `t-${signupId}@example.com`,
      }),
    );
    assert.deepEqual('refused' in opening && opening.refused, 'closed');
  });

  async function openedAccount(): Promise<string> {
    const signupId = randomUUID();
    await inTransaction(databaseOf('accounts'), (transaction) =>
      steps.openAccount(transaction, {
        signupId,
        style: 'choreography',
        at,
        email: `t-${signupId}@example.com`,
        phone: '+15550001111',
      }),
    );
    return signupId;
  }

  async function activate(signupId: string): Promise<void> {
    await inTransaction(databaseOf('accounts'), (transaction) =>
      steps.activateAccount(transaction, { signupId, at }),
    );
  }

  /** Delivers a fact to every reaction that listens to it, twice: at least once is all that is promised. */
  async function deliver(signupId: string, fact: Fact): Promise<void> {
    const envelope: Envelope = envelop(fact, {
      source: '/test',
      style: 'choreography',
      signupId,
      time: at,
      causationId: randomUUID(),
    });
    for (const { queue, on } of accountsReactions) {
      if (!on.includes(keyOf(fact))) continue;
      await inbox.receive(queue, envelope);
      await inbox.receive(queue, envelope);
    }
  }

  async function endOf(signupId: string): Promise<string> {
    const { rows } = await databaseOf('accounts').query<{
      status: string;
      notified: Partial<Notified> | null;
      told: number;
    }>(
      `select status, notified,
              (select count(*)::int from outbox
               where outbox.signup_id = accounts.signup_id and key = 'account.notified') as told
       from accounts where signup_id = $1`,
      [signupId],
    );
    const { status, notified, told } = rows[0]!;
    return `${status}, ${notified?.email ?? null} and ${notified?.sms ?? null}, ${told === 1 ? 'notified once' : told === 0 ? 'not notified' : `notified ${told} times`}`;
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
