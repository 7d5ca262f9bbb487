/**
 * The steps of the notifications service. Each has two halves: `send…` claims the message and sends it with no transaction
 * open, `record` writes down the result in its caller's transaction. A claim lives as long as the process that made it, and
 * is given back after a fault, so the only message that can leave twice is one whose process died or was frozen, or whose answer
 * was lost, between the two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { MailProvider } from '../adapters/mail.ts';
import { inBatches, inBatchesPer } from '../adapters/batches.ts';
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { sideBySide } from '../adapters/side-by-side.ts';
import type { SmsProvider } from '../adapters/sms.ts';
import type { Channel, Purpose } from '../domain/process.ts';
import type { SendAnswer, SendEmail, SendSms } from '../domain/steps.ts';
import { letter, shortMessage } from './letters.ts';

type Message = { signupId: string; purpose: Purpose; channel: Channel };

type Send = () => Promise<{ accepted: string } | { undeliverable: string }>;

const keyOf = ({ signupId, purpose, channel }: Message) => `${signupId} ${purpose} ${channel}`;

/** What became of a message, to be recorded by `record` in the caller's transaction. */
export type Attempt = Message & { answer: SendAnswer; alreadyRecorded: boolean };

/** The notifications service's part of the `Steps` port, each step in two halves. */
export type NotificationSteps = {
  sendEmail(input: SendEmail): Promise<Attempt>;
  sendSms(input: SendSms): Promise<Attempt>;
  record(transaction: Queryable, attempt: Attempt): Promise<SendAnswer>;
};

/** This process among those alive: what it claimed in a life that is over may be another's by now. */
type Claiming = { id: string; life(): Promise<{ isOver(): boolean }> };

/** What it takes to send: the providers, and who claims. */
export type Sending = { database: Database; mail: MailProvider; sms: SmsProvider; instance: Claiming };

const enterStage = statement(
  'enter-stage',
  'insert into stages (signup_id, stage) values ($1, $2) on conflict (signup_id) do nothing',
);
// Not flushed to the disk on its own: a claim is lost only if Postgres itself crashes within the second, and then costs what any
// crash between sending and recording may cost, one duplicate. The record that follows flushes the claim with it.
const claimSends = statement<{ key: string; state: SendState }>(
  'claim-sends',
  `with unflushed as materialized (select set_config('synchronous_commit', 'off', true))
   insert into sends (signup_id, purpose, channel, claimed_by, state)
   select signup_id, purpose, channel, $1,
          case when can_come_too_late and exists (select from stages where stages.signup_id = wanted.signup_id)
               then 'skipped' else 'claimed' end
   from unflushed, unnest($2::uuid[], $3::text[], $4::text[], $5::boolean[])
     as wanted (signup_id, purpose, channel, can_come_too_late)
   on conflict (signup_id, purpose, channel) do update set claimed_by = $1, state = excluded.state
     where sends.state = 'claimed'
       and (sends.claimed_by = $1
            or not exists (select from instances where id = sends.claimed_by and alive_until > now()))
   returning concat_ws(' ', signup_id, purpose, channel) as key, state`,
);
const freeSend = statement(
  'free-send',
  `update sends set claimed_by = null
   where signup_id = $1 and purpose = $2 and channel = $3 and claimed_by = $4 and state = 'claimed'`,
);
const selectSend = statement<{ state: SendState; reason: string | null }>(
  'select-send',
  'select state, reason from sends where signup_id = $1 and purpose = $2 and channel = $3',
);
const recordSends = statement(
  'record-sends',
  `update sends set state = said.state, reason = said.reason, claimed_by = null, recorded_at = now()
   from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[]) as said (signup_id, purpose, channel, state, reason)
   where sends.signup_id = said.signup_id and sends.purpose = said.purpose and sends.channel = said.channel
     and sends.state = 'claimed'`,
);

type SendState = 'claimed' | 'sent' | 'undeliverable' | 'skipped';

/** How long another process is waited for that has claimed a message: twice as long as the claim of one that died holds. */
const othersWorkForMs = 10_000;
const lookAgainMs = 200;

/**
 * How many messages of a channel are with its provider at once: as many as have a connection. The rest wait here, where it is looked
 * at once more whether they are still ours.
 */
const withProviderAtOnce = 50;

/** How many answers of providers are kept in memory for a step that is repeated: seconds of load, a few MB. */
const answersKept = 10_000;

/** The stage a message belongs to, where sending it means that the signup has reached it. */
const stageOf: Partial<Record<Purpose, 'activated' | 'closed'>> = {
  activated: 'activated',
  expired: 'closed',
  closed: 'closed',
};

/** What is recorded at the same moment in one transaction is one statement. */
const record = inBatchesPer(async (transaction: Queryable, attempts: readonly Attempt[]) => {
  const stateOf = ({ answer }: Attempt): SendState => ('refused' in answer ? 'undeliverable' : 'sent');
  await recordSends(
    transaction,
    attempts.map(({ signupId }) => signupId),
    attempts.map(({ purpose }) => purpose),
    attempts.map(({ channel }) => channel),
    attempts.map(stateOf),
    attempts.map(({ answer }) => ('refused' in answer ? answer.message : null)),
  );
  return attempts.map(() => undefined);
});

export function notificationSteps({ database, mail, sms, instance }: Sending): NotificationSteps {
  // What this process has claimed itself is free to it: that it sends nothing twice at a time is seen to here.
  const underWay = new Map<string, Promise<Attempt>>();
  // What a provider answered is kept beyond the call: should recording it fail, the step is repeated but not the message.
  const answered = new Map<string, Attempt['answer']>();
  const claim = inBatches(claimTogether);
  const inTurn = { email: sideBySide(withProviderAtOnce), sms: sideBySide(withProviderAtOnce) };

  return {
    sendEmail: (input) =>
      once({ signupId: input.signupId, purpose: input.purpose, channel: 'email' }, () =>
        mail.send({ id: `${input.signupId}.${input.purpose}`, to: input.email, ...letter(input) }),
      ),

    async sendSms({ signupId, purpose, phone }) {
      const message = { signupId, purpose, channel: 'sms' } as const;
      if (phone === undefined) {
        await reach(message);
        return { ...message, answer: { ok: 'no-phone' }, alreadyRecorded: true };
      }
      return once(message, () => sms.send({ signupId, purpose, to: phone, text: shortMessage(purpose) }));
    },

    async record(transaction, attempt) {
      if (!attempt.alreadyRecorded) await record(transaction, attempt);
      return attempt.answer;
    },
  };

  /** Sends a message unless it was sent. Whoever asks for the same meanwhile, as a message that came twice does, shares the attempt. */
  async function once(message: Message, send: Send): Promise<Attempt> {
    const key = keyOf(message);
    const known = answered.get(key);
    if (known) return { ...message, answer: known, alreadyRecorded: false };
    const attempt = underWay.get(key) ?? sendOnce(message, send).finally(() => underWay.delete(key));
    underWay.set(key, attempt);
    return attempt;
  }

  async function sendOnce(message: Message, send: Send): Promise<Attempt> {
    await reach(message);
    for (;;) {
      const life = await instance.life();
      if (!(await isOurs(message))) return { ...message, ...(await earlierAnswer(message)) };
      // A process that was frozen for longer than its claims hold wakes up here, with what another may have sent meanwhile.
      const said = await inTurn[message.channel](async () =>
        life.isOver() ? undefined : sent(message, send),
      );
      if (!said) continue;
      const answer: Attempt['answer'] =
        'undeliverable' in said ? { refused: 'undeliverable', message: said.undeliverable } : { ok: 'sent' };
      remember(keyOf(message), answer);
      return { ...message, answer, alreadyRecorded: false };
    }
  }

  /**
   * Whether a message is ours to send. What another process has claimed is waited for, as that is no attempt of ours: one that died
   * keeps its claim for some seconds.
   */
  async function isOurs(message: Message): Promise<boolean> {
    for (const giveUpAt = Date.now() + othersWorkForMs; ; await delay(lookAgainMs)) {
      if ((await claim(message)) === 'claimed') return true;
      const { signupId, purpose, channel } = message;
      const [row] = await selectSend(database, signupId, purpose, channel);
      if (row?.state !== 'claimed' || Date.now() > giveUpAt) return false;
    }
  }

  /** What the provider says. After a fault whichever process tries again finds the message free. */
  async function sent(message: Message, send: Send): ReturnType<Send> {
    try {
      return await send();
    } catch (fault) {
      const { signupId, purpose, channel } = message;
      await freeSend(database, signupId, purpose, channel, instance.id).catch(() => {});
      throw fault;
    }
  }

  /** Claims messages, or finds that their signup has moved on; undefined for one that is another's, or was sent. */
  async function claimTogether(messages: readonly Message[]): Promise<(SendState | undefined)[]> {
    const claimed = await claimSends(
      database,
      instance.id,
      messages.map(({ signupId }) => signupId),
      messages.map(({ purpose }) => purpose),
      messages.map(({ channel }) => channel),
      messages.map(({ purpose }) => !stageOf[purpose]),
    );
    const states = new Map(claimed.map(({ key, state }) => [key, state]));
    return messages.map((message) => states.get(keyOf(message)));
  }

  async function earlierAnswer({
    signupId,
    purpose,
    channel,
  }: Message): Promise<Pick<Attempt, 'answer' | 'alreadyRecorded'>> {
    const [row] = await selectSend(database, signupId, purpose, channel);
    switch (row?.state) {
      case 'sent':
        return { answer: { ok: 'sent' }, alreadyRecorded: true };
      case 'skipped':
        return { answer: { ok: 'superseded' }, alreadyRecorded: true };
      case 'undeliverable':
        return { answer: { refused: 'undeliverable', message: row.reason ?? '' }, alreadyRecorded: true };
      default:
        throw new Error(`the ${purpose} ${channel} is being sent by another process`);
    }
  }

  function remember(key: string, answer: Attempt['answer']): void {
    answered.set(key, answer);
    const [oldest] = answered.keys();
    if (answered.size > answersKept && oldest !== undefined) answered.delete(oldest);
  }

  async function reach({ signupId, purpose }: Message): Promise<void> {
    const stage = stageOf[purpose];
    if (stage) await enterStage(database, signupId, stage);
  }
}
