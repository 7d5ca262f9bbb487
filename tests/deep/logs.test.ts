/** Readers of a log that are killed, frozen or joined by others: each signup is notified once, and all is read. */
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountSteps } from '../../activities/accounts.ts';
import { until } from '../../adapters/waiting.ts';
import { openSignup } from '../../choreography/accounts.ts';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import { inTellingTransaction, tell } from '../../messaging/outbox.ts';
import {
  arrival,
  click,
  getSignup,
  idOf,
  linkOf,
  mailbox,
  purposesOf,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, sendsOf, untilAtRest } from '../inside.ts';
import { logStyles, untilRead, untilSharedBy, type LogStyle } from '../logs.ts';
import { theStack } from '../stack.ts';

for (const logStyle of logStyles) {
  const { style } = logStyle;
  describe(`Readers of the log of ${style}`, function () {
    this.timeout(240_000);

    it('may be killed with records in hand: another reads them', async () => {
      const second = await addedReader();
      const load = startLoad(logStyle, 100);
      try {
        await until('some to be under way', () => load.started.length >= 30);
        const inHand = await second.freeze();
        await second.kill();
        await load.assertNotifiedOnce(inHand);
      } finally {
        await second.stop();
      }
    });

    it('may be frozen with records in hand until another has all it had: it comes back, and does nothing twice', async () => {
      const second = await addedReader();
      await untilSharedBy(2, logStyle);
      const load = startLoad(logStyle, 100);
      try {
        await until('some to be under way', () => load.started.length >= 30);
        const inHand = await second.freeze();
        await second.untilTakenForDead();
        await untilSharedBy(1, logStyle);
        second.thaw();
        await untilSharedBy(2, logStyle);
        await load.assertNotifiedOnce(inHand);
      } finally {
        second.thaw();
        await second.stop();
      }
    });

    it('share the partitions out anew while signups come: one joins, is killed, and another joins', async () => {
      const load = startLoad(logStyle, 200);
      const second = await addedReader();
      const before = await untilSharedBy(2, logStyle);
      const inHand = await second.freeze();
      await second.kill();
      const third = await addedReader();
      try {
        await untilSharedBy(2, logStyle, before);
        await load.assertNotifiedOnce(inHand);
      } finally {
        await Promise.all([second.stop(), third.stop()]);
      }
    });
  });

  describe(`The log of ${style}`, function () {
    this.timeout(240_000);

    it('may be deleted with signups under way: it is made again, what was in it is told again, and it is said', async () => {
      const before = timesSaid('the log was made anew');
      const load = startLoad(logStyle, 100);
      await until('some to be under way', () => load.started.length >= 30);
      await logStyle.remove();
      await load.assertNotifiedOnce(nobody);
      await until('it to be said', () => timesSaid('the log was made anew') > before);
    });

    it('has the events of a signup in another order where a process died before it had published: no harm is done', async () => {
      const { id, request } = await openedByADeadProcess(style);
      assert.equal((await click(await linkOf(id))).status, 200);
      const [opened, ...later] = await until('what was told later to be published', async () => {
        const told = await outboxOf(id);
        return told.length > 1 && told.every(({ type, sent }) => sent || type === 'account.opened') && told;
      });
      assert.deepEqual([opened!.type, opened!.sent], ['account.opened', false]);
      assert.deepEqual(
        later.map(({ type }) => type),
        ['account.activated'],
      );
      await arrival(request.email, 'activated');
      await databaseOf('accounts').query(
        `update outbox set written_at = now() - interval '1 minute' where id = $1`,
        [opened!.id],
      );
      await until('the welcome to come too late', async () => {
        const sends = await sendsOf(id);
        return ['email welcome skipped', 'sms welcome skipped'].every((each) => sends.includes(each));
      });
      await untilAtRest(id);
      assert.equal((await getSignup(id)).status, 'activated');
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated']);
    });
  });
}

const nobody: ReadonlySet<string> = new Set();

/** How often processes of the stack have said something. */
function timesSaid(what: string): number {
  const folder = join(theStack().home, 'logs');
  const logs = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
  return logs.join('').split(what).length - 1;
}

/** Opens an account in a transaction whose process has died before it published what it told; no other has found that yet. */
async function openedByADeadProcess(style: Style): Promise<{ id: string; request: SignupRequest }> {
  const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = theStack().environmentOf('accounts');
  const steps = accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL });
  return until('what no other has found', async () => {
    const request = uniqueRequest(style);
    const { style: _, ...person } = request;
    const [signupId, at] = [idOf(style), new Date().toISOString()];
    await inTellingTransaction(databaseOf('accounts'), async (transaction) => {
      const { facts } = await openSignup(steps, transaction, { signupId, style, at, ...person });
      tell(transaction, { source: '/accounts', style, signupId, time: at }, facts);
    });
    // On a busy machine a relay may take it for left behind before this.
    const { rows } = await databaseOf('accounts').query<{ sent: boolean }>(
      `update outbox set written_at = now() + interval '1 hour' where signup_id = $1
       returning sent_at is not null as sent`,
      [signupId],
    );
    return rows.every(({ sent }) => !sent) && { id: signupId, request };
  });
}

async function outboxOf(signupId: string) {
  const { rows } = await databaseOf('accounts').query<{ id: string; type: string; sent: boolean }>(
    `select id, envelope ->> 'type' as type, sent_at is not null as sent from outbox
     where signup_id = $1 order by position`,
    [signupId],
  );
  return rows;
}

/** A second process of notifications. */
async function addedReader() {
  // Those that are taken for dead, too: a process that was late to say that it lives may say so again.
  const before = await instances();
  const added = await theStack().add('notifications');
  const id = (await instances()).find((each) => !before.includes(each));
  return {
    ...added,
    /** Stops it where it stands. The ids of the signups whose messages it had in hand, each of which may leave twice. */
    async freeze(): Promise<Set<string>> {
      process.kill(added.pid, 'SIGSTOP');
      const { rows } = await databaseOf('notifications').query<{ signup: string }>(
        `select signup_id as signup from sends where state = 'claimed' and claimed_by = $1`,
        [id],
      );
      return new Set(rows.map(({ signup }) => signup));
    },
    /** Waits until what it had claimed is free again. */
    async untilTakenForDead(): Promise<void> {
      await until('its lease to end', async () => !(await instances('alive')).includes(id!));
    },
    thaw(): void {
      process.kill(added.pid, 'SIGCONT');
    },
  };
}

async function instances(which: 'all' | 'alive' = 'all'): Promise<string[]> {
  const { rows } = await databaseOf('notifications').query<{ id: string }>(
    "select id from instances where $1 = 'all' or alive_until > now()",
    [which],
  );
  return rows.map(({ id }) => id);
}

/** Starts so many signups, a few at a time. */
function startLoad(logStyle: LogStyle, signups: number) {
  const started: (Signup & { email: string })[] = [];
  const waiting = Array.from({ length: signups }, () => uniqueRequest(logStyle.style));
  const starting = Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let request = waiting.pop(); request; request = waiting.pop())
        started.push({ ...(await startSignup(request)), email: request.email });
    }),
  );
  return {
    started,
    async assertNotifiedOnce(inHand: ReadonlySet<string>): Promise<void> {
      await starting;
      for (const { id } of started) {
        await signupThat('is notified', id, ({ notified }) => notified.email !== null);
      }
      await untilRead(logStyle);
      for (const { id, email } of started) {
        const purposes = purposesOf(await mailbox(email));
        assert.deepEqual(inHand.has(id) ? [...new Set(purposes)] : purposes, ['welcome'], email);
      }
    },
  };
}
