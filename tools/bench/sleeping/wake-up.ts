/**
 * The wake-up: all first reminders are due at the same moment, and every mail that arrives is counted by its Message-ID.
 *
 * In the chain one statement makes all timers due. A workflow's timer is the server's, which moves the clock of one workflow at a
 * time: each is told to skip a day, many at once, and nobody waits for what comes of it. That is one request per workflow more than
 * a day that passes by itself.
 */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { Style } from '../../../domain/signup.ts';
import { reminders } from '../../../domain/process.ts';
import { openClient, temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { workflowId } from '../../../coordinators/workflow/coordinator.ts';
import type { Stack } from '../../platform/stack.ts';
import type { Dormitory } from './asleep.ts';
import type { WakeUp } from './figures.ts';

/** Where no mail has come for so long, none will. */
const patienceMs = 60_000;

/** How many workflows are told to skip at once. */
const toldAtOnce = 20;

/** Wakes all that have not had their first reminder, counts, and resolves once nothing of it is under way. */
export async function wakeUp(stack: Stack, style: Style, dormitory: Dormitory): Promise<WakeUp> {
  const mailbox = join(stack.home, 'mailbox.jsonl');
  const { size } = await stat(mailbox);
  const asleep = await notReminded(dormitory);
  const from = Date.now();
  await (style === 'choreography' ? wakeChain(dormitory) : wakeWorkflows(stack, asleep));
  const expected = new Set(asleep);
  await untilAllArrived(() => remindersIn(mailbox, size, expected), expected.size);
  // One that comes twice may come late.
  await dormitory.untilAtRest();
  const arrived = await remindersIn(mailbox, size, expected);
  const different = new Set(arrived.map(({ signupId }) => signupId));
  const seconds = (Math.max(...arrived.map(({ at }) => at)) - from) / 1000;
  return {
    style,
    mails: different.size,
    seconds,
    mailsPerSecond: different.size / seconds,
    lost: expected.size - different.size,
    twice: arrived.length - different.size,
  };
}

async function notReminded({ admin, asleep, pattern }: Dormitory): Promise<string[]> {
  const { rows } = await admin.query<{ signup_id: string }>(`${asleep} and reminders = 0`, [pattern]);
  return rows.map((row) => row.signup_id);
}

async function wakeChain({ admin, asleep, pattern }: Dormitory): Promise<void> {
  await admin.query(
    `update accounts.timers set due_at = now() where name = 'reminder-1' and signup_id in (${asleep})`,
    [pattern],
  );
}

async function wakeWorkflows(stack: Stack, signupIds: readonly string[]): Promise<void> {
  const address = temporalAddress(stack.environmentOf('accounts'));
  const { connection } = openClient(address);
  // A margin, so that the timer is within it.
  const duration = msToTs(reminders[0].afterMs + 60_000);
  const left = [...signupIds];
  await Promise.all(
    Array.from({ length: toldAtOnce }, async () => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        await connection.workflowService.updateWorkflowExecutionOptions({
          namespace: address.namespace,
          workflowExecution: { workflowId: workflowId(id) },
          workflowExecutionOptions: {
            timeSkippingConfig: { enabled: true, fastForwardConfig: { id: randomUUID(), duration } },
          },
          updateMask: { paths: ['time_skipping_config'] },
        });
      }
    }),
  );
  await connection.close();
}

type Arrived = { signupId: string; at: number };

/** The reminders of those signups that arrived after that place of the mailbox's file. */
async function remindersIn(file: string, after: number, of: ReadonlySet<string>): Promise<Arrived[]> {
  const text = (await readFile(file)).subarray(after).toString('utf8');
  return text.split('\n').flatMap((line) => {
    // A last line may be incomplete.
    const [, signupId = ''] = /Message-ID: <([0-9a-f-]{36})\.reminder-1@/i.exec(line) ?? [];
    const [, receivedAt = ''] = /"receivedAt":"([^"]+)"/.exec(line) ?? [];
    return of.has(signupId) && receivedAt !== '' ? [{ signupId, at: Date.parse(receivedAt) }] : [];
  });
}

async function untilAllArrived(look: () => Promise<Arrived[]>, count: number): Promise<void> {
  let most = 0;
  for (let giveUpAt = Date.now() + patienceMs; Date.now() < giveUpAt; await delay(1000)) {
    const { size } = new Set((await look()).map(({ signupId }) => signupId));
    if (size >= count) return;
    if (size > most) giveUpAt = Date.now() + patienceMs;
    most = size;
  }
}
