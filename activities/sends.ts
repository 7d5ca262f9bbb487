/**
 * That a message leaves once: it is claimed before it is sent, and what became of it recorded after. A claim lives as long as the
 * process that made it, and is given back after a fault; so the only message that can leave twice is one whose process died or was
 * frozen, or whose answer was lost, between the two.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { inBatches, inBatchesPer } from '../adapters/batches.ts';
import { statement, type Database, type Queryable } from '../adapters/postgres.ts';
import { sideBySide } from '../adapters/side-by-side.ts';
import { forEachChannel, type Channel, type Purpose } from '../domain/process.ts';
import type { SendAnswer } from '../domain/steps.ts';
import { canComeTooLate, enterStage } from './stages.ts';

/** A message, of which there is one per signup, purpose and channel. */
export type Message = { signupId: string; purpose: Purpose; channel: Channel };

/** What became of a message, to be recorded in the caller's transaction unless it is already. */
export type Attempt = Message & { answer: SendAnswer; alreadyRecorded: boolean };

/** The process in whose name messages are claimed. What it claimed in a life that is over may be another's by now. */
export type Claimant = { id: string; life(): Promise<{ isOver(): boolean }> };

/** What a provider says. Throws where it gives no answer, or another one. */
export type ProviderAnswer = { accepted: string } | { undeliverable: string };

type Send = () => Promise<ProviderAnswer>;

/** The messages of a service, as this process sends them. */
export type Sends = {
  /** Sends a message unless it was sent. A message that is asked for again meanwhile shares the attempt. */
  once(message: Message, send: Send): Promise<Attempt>;
  /** Sends nothing, because there is nowhere to send to. The signup goes on as if it had been sent. */
  skip(message: Message): Promise<Attempt>;
};

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

const keyOf = ({ signupId, purpose, channel }: Message) => `${signupId} ${purpose} ${channel}`;

/** The keys of several messages, column by column. */
const keysOf = (messages: readonly Message[]) =>
  (['signupId', 'purpose', 'channel'] as const).map((column) => messages.map((message) => message[column]));

/** How long the claim of another process is waited for: twice as long as that of a dead one holds. */
const othersWorkForMs = 10_000;
const lookAgainMs = 200;

/**
 * How many messages of a channel are with its provider at once: as many as have a connection. The rest wait here, where their claims
 * are looked at once more.
 */
const withProviderAtOnce = 50;

/** How many answers of providers are kept in memory for a step that is repeated: seconds of load, a few MB. */
const answersKept = 10_000;

/** Records what became of a message. What is recorded at the same moment in one transaction is one statement. */
export const recordSend = inBatchesPer(async (transaction: Queryable, attempts: readonly Attempt[]) => {
  const stateOf = ({ answer }: Attempt): SendState => ('refused' in answer ? 'undeliverable' : 'sent');
  const reasonOf = ({ answer }: Attempt) => ('refused' in answer ? answer.message : null);
  await recordSends(transaction, ...keysOf(attempts), attempts.map(stateOf), attempts.map(reasonOf));
  return attempts.map(() => undefined);
});

/** Opens the store of claims for this process. */
export function openSends(database: Database, claimant: Claimant): Sends {
  // A claim is free to the process that made it: that it sends nothing twice at a time is seen to here.
  const underWay = new Map<string, Promise<Attempt>>();
  // An answer is kept beyond the call: should recording it fail, the step is repeated but not the message.
  const answered = new Map<string, SendAnswer>();
  const claimSend = inBatches(claimSendsOf);
  const withProvider = forEachChannel(() => sideBySide(withProviderAtOnce));

  return {
    async once(message, send) {
      const key = keyOf(message);
      const answer = answered.get(key);
      if (answer) return { ...message, answer, alreadyRecorded: false };
      const attempt = underWay.get(key) ?? sendOnce(message, send).finally(() => underWay.delete(key));
      underWay.set(key, attempt);
      return attempt;
    },

    async skip(message) {
      await enterStage(database, message.signupId, message.purpose);
      return { ...message, answer: { ok: 'skipped' }, alreadyRecorded: true };
    },
  };

  async function sendOnce(message: Message, send: Send): Promise<Attempt> {
    await enterStage(database, message.signupId, message.purpose);
    for (;;) {
      const life = await claimant.life();
      if (!(await isOurs(message))) return earlierAttempt(message);
      // A process that was frozen for longer than its claims hold wakes up here, after another may have sent the message.
      const said = await withProvider[message.channel](async () =>
        life.isOver() ? undefined : answerTo(message, send),
      );
      if (!said) continue;
      const answer: SendAnswer =
        'undeliverable' in said ? { refused: 'undeliverable', message: said.undeliverable } : { ok: 'sent' };
      keep(keyOf(message), answer);
      return { ...message, answer, alreadyRecorded: false };
    }
  }

  /** Whether a message is ours to send. The claim of another process is waited for: that is no attempt of ours. */
  async function isOurs(message: Message): Promise<boolean> {
    const { signupId, purpose, channel } = message;
    const giveUpAt = Date.now() + othersWorkForMs;
    for (;;) {
      if ((await claimSend(message)) === 'claimed') return true;
      const [row] = await selectSend(database, signupId, purpose, channel);
      if (row?.state !== 'claimed' || Date.now() > giveUpAt) return false;
      await delay(lookAgainMs);
    }
  }

  /** What the provider says. After a fault the message is free for any process that tries again. */
  async function answerTo(message: Message, send: Send): Promise<ProviderAnswer> {
    try {
      return await send();
    } catch (fault) {
      const { signupId, purpose, channel } = message;
      await freeSend(database, signupId, purpose, channel, claimant.id).catch(() => {});
      throw fault;
    }
  }

  /** Claims messages, or finds that their signup has moved on; undefined for one that is another process's, or was sent. */
  async function claimSendsOf(messages: readonly Message[]): Promise<(SendState | undefined)[]> {
    const areEarly = messages.map(({ purpose }) => canComeTooLate(purpose));
    const claimed = await claimSends(database, claimant.id, ...keysOf(messages), areEarly);
    const states = new Map(claimed.map(({ key, state }) => [key, state]));
    return messages.map((message) => states.get(keyOf(message)));
  }

  /** What became of a message before. */
  async function earlierAttempt(message: Message): Promise<Attempt> {
    const { signupId, purpose, channel } = message;
    const recorded = (answer: SendAnswer): Attempt => ({ ...message, answer, alreadyRecorded: true });
    const [row] = await selectSend(database, signupId, purpose, channel);
    switch (row?.state) {
      case 'sent':
        return recorded({ ok: 'sent' });
      case 'skipped':
        return recorded({ ok: 'superseded' });
      case 'undeliverable':
        return recorded({ refused: 'undeliverable', message: row.reason ?? '' });
      default:
        throw new Error(`the ${purpose} ${channel} is being sent by another process`);
    }
  }

  function keep(key: string, answer: SendAnswer): void {
    answered.set(key, answer);
    const [oldest] = answered.keys();
    if (answered.size > answersKept && oldest !== undefined) answered.delete(oldest);
  }
}
