/** The incidents of `docs/drills.md`: each caused for real on each side, and what there is to see once all is well again. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import { deadLettersOf } from '../../messaging/topology.ts';
import { workflowId } from '../../orchestration/edge.ts';
import {
  arrival,
  click,
  linkIn,
  mailbox,
  notifiedSignup,
  providerBehaves,
  providerScenario,
  purposesOf,
  send,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { eventually, theStack } from '../stack.ts';
import { asBrokerAdmin } from '../wire.ts';
import type { Checkout } from './checkout.ts';

/** What an operator knows of an incident, and what tells that it is repaired. */
export type Caused = {
  known: { ID?: string; EMAIL?: string };
  untilWell: () => Promise<void>;
  /** What must hold besides, and takes no time from the repair. */
  after?: () => Promise<void>;
};

/** Causes an incident; resolves once it is there. */
type Cause = (style: Style, checkout: Checkout) => Promise<Caused>;

const queue = 'messages.send-welcome-email';

/** By title of their section. */
export const incidents: Record<string, Cause> = {
  'The mail provider is down': async (style) => {
    await providerScenario({ channel: 'email', to: '*', stage: 'rcpt', reply: '451 4.3.0 Try later' });
    const requests = severalOf(style);
    const ids = await allStarted(requests);
    for (const id of ids) {
      await signupThat('has its mail parked', id, ({ parked }) => parked.length > 0);
      await listed(style, id);
    }
    await providerBehaves('*');
    return {
      known: { ID: ids[0]! },
      untilWell: () => allNotified(ids),
      after: () => eachGotOne(requests),
    };
  },

  'A poison message': (style) => (style === 'choreography' ? poisonedQueue() : poisonedTaskQueue()),

  'A bug in a step': async (style, { change }) => {
    const mend = change(
      'activities/letters.ts',
      "name === undefined ? 'Hello,' : `Hello ${name},`",
      '`Hello ${name!.trim()},`',
    );
    await restarted('messages');
    const { name: _, ...request } = uniqueRequest(style);
    const { id } = await startSignup(request);
    await signupThat('has its mail parked', id, ({ parked }) => parked.length > 0);
    mend();
    return {
      known: { ID: id },
      untilWell: () => allNotified([id]),
      after: () => eachGotOne([request]),
    };
  },

  'Where is this signup, and what is it waiting for?': async (style) => {
    const request = uniqueRequest(style);
    const { id } = await notifiedSignup(request);
    return {
      known: { ID: id, EMAIL: request.email },
      // An answer is all that was wanted.
      untilWell: async () => {},
    };
  },

  'Ended by hand': (style) => (style === 'choreography' ? purgedQueue() : terminatedWorkflow()),
};

async function poisonedQueue(): Promise<Caused> {
  const dead = deadLettersOf(queue);
  await asBrokerAdmin(async (channel) => {
    channel.sendToQueue(queue, Buffer.from('by hand'), { persistent: true });
    await channel.waitForConfirms();
  });
  await notifiedSignup(uniqueRequest('choreography'));
  await eventually('the poison message to be set aside', async () => (await depthOf(dead)) === 1);
  return {
    known: {},
    untilWell: async () => void (await eventually('no dead letter', async () => (await depthOf(dead)) === 0)),
  };
}

async function poisonedTaskQueue(): Promise<Caused> {
  const id = `by-hand-${randomUUID()}`;
  const handle = await temporalClient().workflow.start('sign-up', {
    workflowId: id,
    taskQueue: 'accounts',
    workflowTaskTimeout: '5 seconds',
  });
  await notifiedSignup(uniqueRequest('orchestration'));
  await eventually('its task to have failed', async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.workflowTaskFailedEventAttributes);
  });
  return {
    known: { ID: id },
    untilWell: () => statusOf(id, 'TERMINATED'),
  };
}

async function purgedQueue(): Promise<Caused> {
  const requests = severalOf('choreography');
  await theStack().hold('messages');
  const ids = await allStarted(requests);
  await eventually('the events in the queue', async () => (await depthOf(queue)) > 0);
  await eventually('all that was told to be published', async () => (await unsentOf(ids)) === 0);
  await asBrokerAdmin((channel) => channel.purgeQueue(queue));
  await theStack().release('messages');
  // The other queue still had its part.
  for (const { phone } of requests) await arrival(phone!, 'welcome');
  return {
    known: { ID: ids[0]! },
    untilWell: () => allNotified(ids),
    after: () => eachGotOne(requests),
  };
}

async function terminatedWorkflow(): Promise<Caused> {
  const request = uniqueRequest('orchestration');
  const { id } = await notifiedSignup(request);
  const link = await linkIn(request.email);
  await temporalClient().workflow.getHandle(workflowId(id)).terminate('by mistake');
  assert.equal((await click(link)).status, 404, 'the link leads nowhere');
  return {
    known: { ID: id },
    untilWell: () => statusOf(workflowId(id), 'RUNNING'),
    async after() {
      assert.equal((await click(link)).status, 200);
      await arrival(request.email, 'activated');
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated', 'welcome']);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
    },
  };
}

const severalOf = (style: Style) => Array.from({ length: 3 }, () => uniqueRequest(style));

async function allStarted(requests: readonly SignupRequest[]): Promise<string[]> {
  return (await Promise.all(requests.map((request) => startSignup(request)))).map(({ id }) => id);
}

async function allNotified(ids: readonly string[]): Promise<void> {
  const isWell = ({ notified, parked }: Signup) => notified.email === 'sent' && parked.length === 0;
  for (const id of ids) await signupThat('is notified, and nothing of it parked', id, isWell);
}

/** One welcome mail and one welcome SMS each. */
async function eachGotOne(requests: readonly SignupRequest[]): Promise<void> {
  for (const { email, phone } of requests) {
    for (const to of [email, phone!]) assert.deepEqual(purposesOf(await mailbox(to)), ['welcome'], to);
  }
}

async function listed(style: Style, id: string): Promise<void> {
  await eventually(`${id} in the list`, async () => {
    const { body } = await send<{ items: { id: string }[] }>('GET', `/signups?style=${style}&status=pending`);
    return body.items.some((each) => each.id === id);
  });
}

async function restarted(name: 'messages'): Promise<void> {
  await theStack().kill(name);
  await theStack().untilReady(name);
}

const depthOf = (name: string) =>
  asBrokerAdmin(async (channel) => (await channel.checkQueue(name)).messageCount);

/** How much that accounts told of these signups is not known to have reached the broker. */
async function unsentOf(ids: readonly string[]): Promise<number> {
  const { rows } = await databaseOf('accounts').query(
    'select from outbox where signup_id = any($1) and sent_at is null',
    [ids],
  );
  return rows.length;
}

async function statusOf(id: string, wanted: 'RUNNING' | 'TERMINATED'): Promise<void> {
  await eventually(`the workflow ${id} to be ${wanted}`, async () => {
    const { status } = await temporalClient().workflow.getHandle(id).describe();
    if (status.name === wanted) return true;
    throw new Error(status.name);
  });
}
