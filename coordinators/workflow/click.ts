/**
 * The click on a verification link, for a signup that a workflow plays. It is a signal, which the server keeps until a worker acts on
 * it; whether it was acted on shows in the account.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client, type Connection } from '@temporalio/client';
import { findAccount } from '../../activities/accounts.ts';
import { DatabaseUnavailable, type Database } from '../../adapters/postgres.ts';
import { answerWithinMs, Unavailable, type Clicked } from '../../domain/coordinator.ts';
import { verifySignal } from '../../workflows/protocol.ts';
import { workflowId } from './execution.ts';
import { inTime } from './in-time.ts';

const lookEveryMs = 50;

/** Sends the click, and waits a moment for what comes of it. Throws `Unavailable` where the server could not keep it. */
export async function click(
  { client, connection, database }: { client: Client; connection: Connection; database: Database },
  signupId: string,
): Promise<Clicked> {
  const before = await standing(database, signupId);
  if (before === 'activated' || before === 'closed') return before;
  try {
    const handle = client.workflow.getHandle(workflowId(signupId));
    await inTime(connection, answerWithinMs, () => handle.signal(verifySignal));
  } catch (error) {
    // No such workflow, or it has ended: then its account says how.
    if (error instanceof WorkflowNotFoundError) return endedOrUnknown(database, signupId);
    throw error;
  }
  return untilActedOn(database, signupId);
}

/** The signal is kept by now; the account shows whether it is acted on in time. */
async function untilActedOn(database: Database, signupId: string): Promise<Clicked> {
  const deadline = Date.now() + answerWithinMs;
  while (Date.now() < deadline) {
    await delay(lookEveryMs);
    const now = await standing(database, signupId);
    if (now === 'activated' || now === 'closed') return now;
    if (now === 'away') break;
  }
  return 'queued';
}

async function endedOrUnknown(database: Database, signupId: string): Promise<Clicked> {
  const end = await standing(database, signupId);
  if (end === 'away') throw new Unavailable('database', new Error('how the signup ended is not known'));
  return end === 'open' ? 'unknown' : end;
}

/** Where the account of a signup stands: `open` where there is none yet, `away` where the database does not answer. */
async function standing(
  database: Database,
  signupId: string,
): Promise<'activated' | 'closed' | 'open' | 'away'> {
  try {
    const account = await findAccount(database, signupId);
    return account?.status === 'active' ? 'activated' : account?.status === 'closed' ? 'closed' : 'open';
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return 'away';
    throw error;
  }
}
