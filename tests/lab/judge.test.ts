import { strict as assert } from 'node:assert';
import { reminders } from '../../domain/process.ts';
import { styles, type Outcome, type Style } from '../../domain/signup.ts';
import type { AccountSeen, Arrived, Evidence, Intent } from '../../lab/evidence.ts';
import type { Verdict } from '../../lab/figures.ts';
import { judge } from '../../lab/judge.ts';

const signupId = '5f5f2f51-54a5-5a59-8f6c-1f0a4b7f0001';
const at = '2026-11-27T12:00:00.000Z';

type Sound = {
  outcome: Outcome | null;
  account: AccountSeen | undefined;
  messages: string[];
  reminders?: number;
};

const account = (status: AccountSeen['status'], closeReason: string | null = null): AccountSeen => ({
  ...{ status, closeReason },
  activatedAt: status === 'active' ? at : null,
  closedAt: status === 'closed' ? at : null,
});
const welcome = ['welcome email', 'welcome sms'];

/** What is seen of a signup of each kind that went well. */
const sound: Record<Exclude<Intent, 'taken'>, Sound> = {
  wait: { outcome: null, account: account('pending'), messages: welcome },
  click: { outcome: 'activated', account: account('active'), messages: [...welcome, 'activated email'] },
  remind: {
    ...{ outcome: null, account: account('pending'), reminders: 1 },
    messages: [...welcome, 'reminder-1 email'],
  },
  expire: {
    ...{ outcome: 'expired', account: account('closed', 'expired'), reminders: reminders.length },
    messages: [...welcome, ...reminders.map(({ purpose }) => `${purpose} email`), 'expired email'],
  },
  undeliverable: {
    ...{ outcome: 'undeliverable', account: account('closed', 'undeliverable') },
    messages: ['welcome sms', 'closed sms'],
  },
  cancel: { outcome: 'cancelled', account: account('closed', 'cancelled'), messages: [] },
};

function evidenceOf(style: Style, intent: Exclude<Intent, 'taken'>): Evidence {
  const { outcome, account: seen, messages, reminders: sent = 0 } = sound[intent];
  const request = { email: 'ada@example.com', phone: '+15550001111', style };
  const isNotified = messages.includes('welcome email');
  return {
    ...{ signupId, style, intent, request, accepted: true, account: seen, history: [] },
    signup: {
      ...{ id: signupId, style, status: outcome ?? 'pending', outcome, email: request.email },
      phone: request.phone,
      notified: { email: isNotified ? 'sent' : null, sms: isNotified ? 'sent' : null },
      ...{ reminders: sent, startedAt: at, endedAt: null, verifyBy: at, parked: [] },
    },
    arrived: messages.map(arrived),
    addressIsFree: seen?.status === 'closed' ? true : undefined,
  };
}

function arrived(message: string): Arrived {
  const [purpose, channel] = message.split(' ') as [string, 'email' | 'sms'];
  return { channel, purpose, to: 'ada', signupId, key: `${signupId}.${purpose}`, receivedAt: at };
}

const counts = ({ lost, stuck, inconsistent, duplicates }: Verdict) => ({
  ...{ lost: lost.length, stuck: stuck.length, inconsistent: inconsistent.length },
  duplicates: duplicates.length,
});
const nothing = { lost: 0, stuck: 0, inconsistent: 0, duplicates: 0 };
const intents = Object.keys(sound) as Exclude<Intent, 'taken'>[];

describe('the judge of the failure lab', () => {
  for (const style of styles) {
    for (const intent of intents) {
      describe(`of a signup that is to ${intent}, in ${style}`, () => {
        it('acquits one that went well', () => {
          assert.deepEqual(counts(judge(evidenceOf(style, intent))), nothing);
        });

        it('finds each message that is taken away', () => {
          const evidence = evidenceOf(style, intent);
          for (const message of evidence.arrived) {
            const rest = evidence.arrived.filter((each) => each !== message);
            const { lost } = judge({ ...evidence, arrived: rest });
            assert.equal(lost.length, 1, `${message.purpose} ${message.channel} was taken away`);
          }
        });

        it('finds each message that is doubled', () => {
          const evidence = evidenceOf(style, intent);
          for (const message of evidence.arrived) {
            const verdict = judge({ ...evidence, arrived: [...evidence.arrived, { ...message }] });
            assert.deepEqual(counts(verdict), { ...nothing, duplicates: 1 });
          }
        });

        it('finds an account in any other state', () => {
          const evidence = evidenceOf(style, intent);
          const others = [undefined, account('pending'), account('active'), account('closed', 'other')];
          for (const other of others.filter((each) => each?.status !== evidence.account?.status)) {
            const { inconsistent } = judge({ ...evidence, account: other });
            assert.ok(inconsistent.length > 0, `the account is ${other?.status}`);
          }
        });

        it('finds a message that must not be there', () => {
          const evidence = evidenceOf(style, intent);
          const wrong = intent === 'expire' ? 'activated email' : 'expired email';
          const { inconsistent } = judge({ ...evidence, arrived: [...evidence.arrived, arrived(wrong)] });
          assert.ok(inconsistent.length > 0);
        });

        it('finds another end, a parked step and a step under way', () => {
          const evidence = evidenceOf(style, intent);
          const other = evidence.signup!.outcome === 'activated' ? 'expired' : 'activated';
          const ended = {
            ...evidence,
            signup: { ...evidence.signup!, status: other, outcome: other },
          } as const;
          assert.ok(judge(ended).inconsistent.length > 0);
          const parked = [{ step: 'sendSms welcome', attempts: 150, lastError: 'no' }];
          assert.equal(judge({ ...evidence, signup: { ...evidence.signup!, parked } }).stuck.length, 1);
          const running = {
            at,
            kind: 'retrying',
            step: 'sendSms welcome',
            attempts: 2,
            detail: null,
          } as const;
          assert.equal(judge({ ...evidence, history: [{ ...running, source: 'tracker' }] }).stuck.length, 1);
        });

        it('finds a signup that nobody knows', () => {
          assert.equal(judge({ ...evidenceOf(style, intent), signup: undefined }).lost.length, 1);
        });
      });
    }
  }

  it('finds one that goes on waiting though it was clicked', () => {
    const evidence = evidenceOf('choreography', 'wait');
    assert.ok(judge({ ...evidence, intent: 'click' }).stuck.length > 0);
  });

  it('finds a reminder that is counted and did not arrive', () => {
    const evidence = evidenceOf('choreography', 'remind');
    const { inconsistent } = judge({ ...evidence, signup: { ...evidence.signup!, reminders: 2 } });
    assert.deepEqual(inconsistent, ['2 reminders are shown, 1 arrived']);
  });

  it('finds an address that is not free after its account was closed, and one that is both', () => {
    const evidence = evidenceOf('orchestration', 'expire');
    assert.equal(judge({ ...evidence, addressIsFree: false }).inconsistent.length, 1);
    const both = { ...evidence.account!, activatedAt: at };
    assert.equal(judge({ ...evidence, account: both }).inconsistent.length, 1);
  });

  it('finds whatever is left of a request that was refused', () => {
    const { signup: _, ...rest } = evidenceOf('choreography', 'wait');
    const refused = { ...rest, signup: undefined, intent: 'taken', accepted: false } as const;
    assert.deepEqual(counts(judge({ ...refused, account: undefined, arrived: [] })), nothing);
    assert.equal(judge({ ...refused, arrived: [] }).inconsistent.length, 1);
    assert.equal(judge({ ...refused, account: undefined }).inconsistent.length, 2);
  });

  it('does not miss a welcome that the history says was left out, of one that has ended', () => {
    const evidence = evidenceOf('orchestration', 'click');
    const withoutSms = evidence.arrived.filter(({ channel }) => channel === 'email');
    const seen = {
      ...{ ...evidence, arrived: withoutSms },
      signup: { ...evidence.signup!, notified: { email: null, sms: null } },
    };
    assert.equal(judge(seen).lost.length, 1);
    const skipped = {
      at,
      kind: 'skipped',
      step: 'sendSms welcome',
      attempts: 2,
      detail: 'the signup had moved on',
    } as const;
    assert.deepEqual(counts(judge({ ...seen, history: [{ ...skipped, source: 'history' }] })), nothing);
  });

  it('does not count messages of another signup', () => {
    const evidence = evidenceOf('orchestration', 'click');
    const others = evidence.arrived.map((message) => ({ ...message, signupId: 'another' }));
    assert.deepEqual(counts(judge({ ...evidence, arrived: [...evidence.arrived, ...others] })), nothing);
  });
});
