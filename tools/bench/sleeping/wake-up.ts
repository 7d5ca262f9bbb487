/** The wake-up: all first reminders are due at the same moment, and every mail that arrives is counted by its Message-ID. */
import { randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { msToTs } from '@temporalio/common/lib/time.js';
import { until } from '../../../adapters/waiting.ts';
import { openClient, temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { workflowId } from '../../../coordinators/workflow/execution.ts';
import { reminders } from '../../../domain/process.ts';
import type { Style } from '../../../domain/signup.ts';
import { traits, type Mechanism } from '../../../domain/styles.ts';
import type { Stack } from '../../platform/stack.ts';
import type { WakeUp } from '../results.ts';
import type { SleepingSignups } from './sleepers.ts';

/** Wakes all that have not had their first reminder, counts, and resolves once nothing of it is under way. */
export async function wakeUp(stack: Stack, style: Style, sleeping: SleepingSignups): Promise<WakeUp> {
  const { admin, asleep, untilAtRest } = sleeping;
  const mailbox = join(stack.home, 'mailbox.jsonl');
  const { size } = await stat(mailbox);
  const { rows } = await admin.query<{ signup_id: string }>(`${asleep} and reminders = 0`);
  const expected = new Set(rows.map((row) => row.signup_id));
  const from = Date.now();
  const makeDue: Record<Mechanism, () => Promise<unknown>> = {
    calls: () =>
      admin.query(
        `update accounts.follow_ups set visit = 'reminder-1', due_at = now() where signup_id in (${asleep})`,
      ),
    chain: () =>
      admin.query(
        `update accounts.timers set due_at = now() where name = 'reminder-1' and signup_id in (${asleep})`,
      ),
    workflow: () => skipADay(stack, [...expected]),
  };
  await makeDue[traits[style].mechanism]();
  const haveArrived = async () => (await remindersIn(mailbox, size, expected)).length >= expected.size;
  const withinMs = 60_000 + 100 * expected.size;
  // What has not arrived by then is counted as lost.
  await until('all mails', haveArrived, { withinMs, everyMs: 1000 }).catch(() => {});
  await untilAtRest();
  const arrived = await remindersIn(mailbox, size, expected);
  const mails = new Set(arrived.map(({ signupId }) => signupId)).size;
  const seconds = (Math.max(...arrived.map(({ at }) => at)) - from) / 1000;
  const [lost, twice] = [expected.size - mails, arrived.length - mails];
  return { style, mails, seconds, mailsPerSecond: mails / seconds, lost, twice };
}

/** Moves the clock of each workflow past its first reminder, twenty at once, and waits for nothing that comes of it. */
async function skipADay(stack: Stack, signupIds: string[]): Promise<void> {
  const address = temporalAddress(stack.environmentOf('accounts'));
  const { connection } = openClient(address);
  const fastForwardConfig = { id: randomUUID(), duration: msToTs(reminders[0].afterMs + 60_000) };
  const skip = async () => {
    for (let id = signupIds.pop(); id !== undefined; id = signupIds.pop()) {
      await connection.workflowService.updateWorkflowExecutionOptions({
        namespace: address.namespace,
        workflowExecution: { workflowId: workflowId(id) },
        workflowExecutionOptions: { timeSkippingConfig: { enabled: true, fastForwardConfig } },
        updateMask: { paths: ['time_skipping_config'] },
      });
    }
  };
  await Promise.all(Array.from({ length: 20 }, skip));
  await connection.close();
}

/** The first reminders of those signups that arrived after that place of the mailbox's file. */
async function remindersIn(file: string, after: number, of: ReadonlySet<string>) {
  const lines = (await readFile(file)).subarray(after).toString('utf8').split('\n');
  return lines.flatMap((line) => {
    // A last line may be incomplete.
    const [, signupId = ''] = /Message-ID: <([0-9a-f-]{36})\.reminder-1@/i.exec(line) ?? [];
    const [, receivedAt = ''] = /"receivedAt":"([^"]+)"/.exec(line) ?? [];
    return of.has(signupId) && receivedAt !== '' ? [{ signupId, at: Date.parse(receivedAt) }] : [];
  });
}
