/** The incidents of `docs/drills.md`: each caused for real in every style, and what there is to see once all is well again. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../../domain/history.ts';
import type { SignupRequest } from '../../domain/signup.ts';
import type { duet } from '../../domain/styles.ts';
import { deadLettersOf } from '../../messaging/transports/rabbitmq-queue/topology.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import {
  arrival,
  click,
  clickUntilActedOn,
  historyThat,
  linkIn,
  mailbox,
  notifiedSignup,
  endScenario,
  beginScenario,
  purposesOf,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { asBrokerAdmin } from '../wire.ts';
import type { Checkout } from './checkout.ts';
import {
  untilNotified,
  startAll,
  depthOf,
  assertOneWelcomeEach,
  untilForsaken,
  untilNoCopyLeft,
  untilListed,
  restart,
  severalOf,
  unsentOf,
  untilWorkflow,
} from './seen.ts';

/** What an operator knows of an incident, and what tells that it is repaired. */
export type Caused = {
  known: { ID?: string };
  untilWell: () => Promise<void>;
  /** What must hold besides, and takes no time from the repair. */
  after?: () => Promise<void>;
};

/** The styles that are drilled. */
type Drilled = (typeof duet)[number];

/** Causes an incident; resolves once it is there. */
type Cause = (style: Drilled, checkout: Checkout) => Promise<Caused>;

const queue = 'notifications.send-welcome-email';

/** By title of their section. */
export const incidents: Record<string, Cause> = {
  'The mail provider is down': async (style) => {
    await beginScenario({ channel: 'email', to: '*', stage: 'rcpt', reply: '451 4.3.0 Try later' });
    const requests = severalOf(style);
    const ids = await startAll(requests);
    for (const id of ids) {
      await signupThat('has its mail parked', id, ({ parked }) => parked.length > 0);
      await untilListed(style, id);
    }
    await untilNothingComes[style](ids);
    await endScenario('*');
    return {
      known: { ID: ids[0]! },
      untilWell: () => untilNotified(ids),
      after: () => assertOneWelcomeEach(requests),
    };
  },

  'A poison message': (style) => poisoned[style](),

  'A bug in a step': async (style, { change }) => {
    const mend = change(
      'activities/letters.ts',
      "name === undefined ? 'Hello,' : `Hello ${name},`",
      '`Hello ${name!.trim()},`',
    );
    await restart('notifications');
    const { name: _, ...request } = uniqueRequest(style);
    const { id } = await startSignup(request);
    await signupThat('has its mail parked', id, ({ parked }) => parked.length > 0);
    mend();
    return {
      known: { ID: id },
      untilWell: () => untilNotified([id]),
      after: () => assertOneWelcomeEach([request]),
    };
  },

  'Where is this signup, and what is it waiting for?': async (style) => {
    await theStack().hold('notifications');
    const { id, request } = await nobodyTakes[style]();
    return {
      known: { ID: id },
      // An answer is all that was wanted.
      untilWell: async () => {},
      async after() {
        await theStack().release('notifications');
        await untilNotified([id]);
        await assertOneWelcomeEach([request]);
      },
    };
  },

  'Ended by hand': (style) => endedByHand[style](),
};

/** Waits until no further copy of what is parked can come to its queue; a workflow has none, and is to be found by its status. */
const untilNothingComes: Record<Drilled, (ids: readonly string[]) => Promise<void>> = {
  choreography: (ids) => untilNoCopyLeft(queue, ids),
  async orchestration(ids) {
    const among = ids.map((id) => `"${workflowId(id)}"`).join(', ');
    await untilFound(
      `WorkflowId in (${among}) and SignupStatus = "pending" and ExecutionStatus = "Running"`,
      ids.length,
    );
  },
};

/** Starts a signup whose mail nobody takes, and waits until broker or server show that. */
const nobodyTakes: Record<Drilled, () => Promise<{ id: string; request: SignupRequest }>> = {
  async choreography() {
    const begun = await begunSignup('choreography');
    await untilForsaken(queue);
    return begun;
  },
  // The server may still give a step to the worker that was killed, once for each time that it asked for one.
  orchestration: () =>
    until('a step that nobody has', async () => {
      const begun = await begunSignup('orchestration');
      const isMail = ({ step, source }: HistoryEntry) => step === 'sendEmail welcome' && source === 'pending';
      const history = await historyThat('says who has its mail', begun.id, (rows) => rows.some(isMail));
      return history.find(isMail)?.detail === 'no worker has taken it yet' && begun;
    }),
};

async function begunSignup(style: Drilled) {
  const request = uniqueRequest(style);
  const { id } = await startSignup(request);
  await historyThat('has begun', id, (history) => history.some(({ step }) => step === 'click'));
  return { id, request };
}

/** Waits until so many workflows are found: the server lists what has changed a moment later. */
async function untilFound(query: string, workflows: number): Promise<void> {
  await until(`${workflows} to be found by ${query}`, async () => {
    return (await temporalClient().workflow.count(query)).count === workflows;
  });
}

const poisoned: Record<Drilled, () => Promise<Caused>> = {
  choreography: poisonedQueue,
  orchestration: poisonedTaskQueue,
};

const endedByHand: Record<Drilled, () => Promise<Caused>> = {
  choreography: purgedQueue,
  orchestration: terminatedWorkflow,
};

async function poisonedQueue(): Promise<Caused> {
  const dead = deadLettersOf(queue);
  await asBrokerAdmin(async (channel) => {
    channel.sendToQueue(queue, Buffer.from('by hand'), { persistent: true });
    await channel.waitForConfirms();
  });
  await notifiedSignup(uniqueRequest('choreography'));
  await until('the poison message to be set aside', async () => (await depthOf(dead)) === 1);
  return {
    known: {},
    untilWell: async () => void (await until('no dead letter', async () => (await depthOf(dead)) === 0)),
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
  await until('its task to have failed', async () => {
    const { events } = await handle.fetchHistory();
    return events?.some((event) => event.workflowTaskFailedEventAttributes);
  });
  await untilFound(`WorkflowId = "${id}" and ExecutionStatus = "Running"`, 1);
  return {
    known: { ID: id },
    untilWell: () => untilWorkflow(id, 'TERMINATED'),
  };
}

async function purgedQueue(): Promise<Caused> {
  const requests = severalOf('choreography');
  await theStack().hold('notifications');
  const ids = await startAll(requests);
  await until('the events in the queue', async () => (await depthOf(queue)) > 0);
  await until('all that was told to be published', async () => (await unsentOf(ids)) === 0);
  await asBrokerAdmin((channel) => channel.purgeQueue(queue));
  await theStack().release('notifications');
  // The other queue still had its part.
  for (const { phone } of requests) await arrival(phone!, 'welcome');
  return {
    known: { ID: ids[0]! },
    untilWell: () => untilNotified(ids),
    after: () => assertOneWelcomeEach(requests),
  };
}

async function terminatedWorkflow(): Promise<Caused> {
  const request = uniqueRequest('orchestration');
  const { id } = await notifiedSignup(request);
  const link = await linkIn(request.email);
  await temporalClient().workflow.getHandle(workflowId(id)).terminate('by mistake');
  assert.equal((await click(link)).status, 404, 'the link leads nowhere');
  await untilFound(`WorkflowId = "${workflowId(id)}" and ExecutionStatus = "Terminated"`, 1);
  return {
    known: { ID: id },
    untilWell: () => untilWorkflow(workflowId(id), 'RUNNING'),
    async after() {
      assert.equal((await clickUntilActedOn(link)).status, 200);
      await arrival(request.email, 'activated');
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['activated', 'welcome']);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
    },
  };
}
