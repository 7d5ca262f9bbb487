/** What drills wait for and look at. */
import { strict as assert } from 'node:assert';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import { managementApi, virtualHostOf } from '../../tools/operator/management.ts';
import { mailbox, purposesOf, send, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { asBrokerAdmin } from '../wire.ts';

/** Three signups that nobody has made. */
export const severalOf = (style: Style) => Array.from({ length: 3 }, () => uniqueRequest(style));

/** Starts them, and returns their ids. */
export async function startAll(requests: readonly SignupRequest[]): Promise<string[]> {
  return (await Promise.all(requests.map((request) => startSignup(request)))).map(({ id }) => id);
}

/** Waits until signups are notified by mail, and nothing of them is parked. */
export async function untilNotified(ids: readonly string[]): Promise<void> {
  const isWell = ({ notified, parked }: Signup) => notified.email === 'sent' && parked.length === 0;
  for (const id of ids) await signupThat('is notified, and nothing of it parked', id, isWell);
}

/** Each got one welcome mail and one welcome SMS. */
export async function assertOneWelcomeEach(requests: readonly SignupRequest[]): Promise<void> {
  for (const { email, phone } of requests) {
    for (const to of [email, phone!]) assert.deepEqual(purposesOf(await mailbox(to)), ['welcome'], to);
  }
}

/** Waits until a signup that is pending is in the list. */
export async function untilListed(style: Style, id: string): Promise<void> {
  await until(`${id} in the list`, async () => {
    const { body } = await send<{ items: { id: string }[] }>('GET', `/signups?style=${style}&status=pending`);
    return body.items.some((each) => each.id === id);
  });
}

/** Has a process start with the code as it is now. */
export async function restart(name: 'notifications'): Promise<void> {
  await theStack().kill(name);
  await theStack().untilReady(name);
}

/** Waits until the management API, which looks every few seconds, shows one message in a queue and nobody who takes it. */
export async function untilForsaken(queue: string): Promise<void> {
  const { amqpAdmin, amqpManagement } = theStack().addresses;
  const ask = managementApi(amqpManagement!, amqpAdmin);
  await until('the queue to be seen as it is', async () => {
    const seen = (await ask('GET', `queues/${virtualHostOf(amqpAdmin)}/${queue}`)) as Record<string, number>;
    return seen['messages_ready'] === 1 && seen['consumers'] === 0;
  });
}

/** How many messages are in a queue, whosever it is. */
export const depthOf = (name: string) =>
  asBrokerAdmin(async (channel) => (await channel.checkQueue(name)).messageCount);

/** How much that accounts told of these signups is not known to have reached the broker. */
export async function unsentOf(ids: readonly string[]): Promise<number> {
  const { rows } = await databaseOf('accounts').query(
    'select from outbox where signup_id = any($1) and sent_at is null',
    [ids],
  );
  return rows.length;
}

/**
 * Waits until no further copy of what accounts told can come to a queue, or is in hand: a copy of what is parked is one more attempt
 * at it, and the broker does not count what is in hand.
 */
export async function untilNoCopyLeft(queue: string, ids: readonly string[]): Promise<void> {
  await until('all that was told to be sent, taken and attempted', async () => {
    const [unsent, depth, claimed] = [await unsentOf(ids), await depthOf(queue), await claimedOf(ids)];
    if (unsent + depth + claimed > 0)
      throw new Error(`${unsent} unsent, ${depth} in ${queue}, ${claimed} attempted`);
    return true;
  });
}

/** How many messages of these signups an attempt is under way at. */
async function claimedOf(ids: readonly string[]): Promise<number> {
  const { rows } = await databaseOf('notifications').query(
    "select from sends where signup_id = any($1) and state = 'claimed' and claimed_by is not null",
    [ids],
  );
  return rows.length;
}

/** Waits until a workflow is so. */
export async function untilWorkflow(id: string, wanted: 'RUNNING' | 'TERMINATED'): Promise<void> {
  await until(`the workflow ${id} to be ${wanted}`, async () => {
    const { status } = await temporalClient().workflow.getHandle(id).describe();
    if (status.name === wanted) return true;
    throw new Error(status.name);
  });
}
