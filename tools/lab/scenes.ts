/** Faults that take more than one kill or one cut: what providers answer, what messages go through, what a deploy brings. */
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import { Client, Connection } from '@temporalio/client';
import { promises, traits } from '../../domain/styles.ts';
import { placeAside } from '../../messaging/transports/log/log.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { arm, crashesIn } from './armed.ts';
import { stylesIn, type Customer } from './customers.ts';
import type { SceneName } from './fault.ts';
import { callerLeaves, partitionMoves, threadsExhausted } from './scenes-besides.ts';
import { poisonQueues, repeatEvents } from './scenes-messages.ts';
import { letCome, pass, patienceOf, post, resume, type Stage } from './stage.ts';

/** Plays it; returns when it was healed. */
type Scene = (stage: Stage) => Promise<number>;

const paceMs = 100;
const atATime = 5;
const byHand = 'npm run signup -- resume <id>';

export const scenes: Record<SceneName, Scene> = {
  'provider-451': async (stage) => {
    await misbehave(stage, { stage: 'rcpt', reply: '451 4.3.0 Try again later', times: 3 });
    await letComeAndSettle(stage);
    return Date.now();
  },
  'provider-550': async (stage) => {
    await misbehave(stage, { stage: 'rcpt', reply: '550 5.1.1 No such user' });
    await letCome(stage, paceMs).done;
    return Date.now();
  },
  'provider-535': async (stage) => {
    await misbehave(stage, { stage: 'rcpt', reply: '535 5.7.8 Authentication credentials invalid' });
    const coming = letCome(stage, paceMs);
    await untilAllHeldUp(stage);
    await behave(stage);
    const healedAt = Date.now();
    await resumeAll(stage);
    await coming.done;
    return healedAt;
  },
  'provider-answer-lost': async (stage) => {
    await misbehave(stage, { stage: 'data', dropAfterAccept: true, times: 1 });
    await letComeAndSettle(stage);
    return Date.now();
  },
  'provider-slow': async (stage) => {
    await misbehave(stage, { stage: 'data', hangMs: 30_000, times: 1 });
    await letComeAndSettle(stage);
    return Date.now();
  },
  'sms-down-for-2-hours': async (stage) => {
    for (const { request } of stage.customers) {
      if (request.phone === undefined) continue;
      await scenario(stage, { channel: 'sms', to: request.phone, stage: 'http', reply: { status: 503 } });
    }
    await letCome(stage, paceMs).done;
    stage.note('the provider answers 503; two hours pass');
    await passForAll(stage, '2h');
    await behave(stage);
    const healedAt = Date.now();
    // The next retry comes at most ten minutes later.
    await passForAll(stage, '11m');
    return healedAt;
  },

  'messages-duplicated': async (stage) => {
    await stage.lab.deploy({ defect: stage.lab.conditions.defect ?? 'answers-lost' });
    const stop = await repeatEvents(stage);
    try {
      stage.note('from now on each event is told twice, and each first answer of a step is lost');
      await letCome(stage, paceMs).done;
    } finally {
      await stop();
    }
    return Date.now();
  },
  'messages-out-of-order': async (stage) => {
    await stage.lab.deploy({ defect: 'out-of-order' });
    await letCome(stage, paceMs).done;
    return Date.now();
  },
  poison: async (stage) => {
    await poisonQueues(stage);
    const { client, connection } = temporalOf(stage);
    const poisoned = `poison-${randomUUID()}`;
    await client.workflow.start('signup-from-the-future', {
      workflowId: poisoned,
      taskQueue: 'accounts',
      workflowTaskTimeout: '5 seconds',
    });
    stage.note(
      'two messages that nobody can read are in `notifications.send-welcome-email`, a workflow that nobody knows runs',
    );
    await letCome(stage, paceMs).done;
    const healedAt = Date.now();
    stage.humanDid('choreography', 'npm run dead-letters -- drop notifications.send-welcome-email.dead');
    for (const style of stylesIn(stage.customers)) {
      const { carrier } = traits[style];
      if (carrier !== 'rabbitmq-stream' && carrier !== 'kafka') continue;
      for (const service of ['accounts', 'notifications']) {
        stage.humanDid(style, `npm run dead-letters -- drop ${placeAside(service, carrier)}`);
      }
    }
    await client.workflow.getHandle(poisoned).terminate('unknown to every worker');
    stage.humanDid('orchestration', 'temporal workflow terminate --workflow-id <id>');
    await connection.close();
    return healedAt;
  },
  'bug-then-deploy': async (stage) => {
    await stage.lab.deploy({ defect: 'bug-in-a-step' });
    stage.note('deployed with a bug');
    const coming = letCome(stage, paceMs);
    await untilAllHeldUp(stage);
    await stage.lab.deploy({});
    stage.note('deployed without it');
    const healedAt = Date.now();
    await resumeAll(stage);
    await coming.done;
    return healedAt;
  },
  'cancelled-while-opening': async (stage) => {
    const { lab, customers } = stage;
    const { client, connection } = temporalOf(stage);
    // Some at a time: one of them has its account already when accounts dies, the others are on their way.
    for (let first = 0; first < customers.length; first += atATime) {
      const some = customers.slice(first, first + atATime);
      arm(lab.folder, 'step-1-answer-lost', 'orchestration', some[0]!.signupId);
      const before = crashesIn(lab.folder).length;
      const coming = letCome(stage, 0, some);
      await until('step 1 to be committed', () => crashesIn(lab.folder).length > before, {
        ...patienceOf(stage),
        everyMs: 10,
      });
      stage.note(`accounts died with the account of ${some[0]!.signupId} open and the workflow not told`);
      for (const { signupId } of some) {
        const cancel = () => client.workflow.getHandle(workflowId(signupId)).cancel();
        await until(`${signupId} to be cancelled`, async () => (await cancel(), true), patienceOf(stage));
      }
      await coming.done;
    }
    await connection.close();
    await lab.stack.untilReady('accounts');
    return Date.now();
  },
  'partition-moves': partitionMoves,
  'caller-leaves': callerLeaves,
  'threads-exhausted': threadsExhausted,
};

async function letComeAndSettle(stage: Stage): Promise<void> {
  await letCome(stage, paceMs).done;
  await until(
    'the provider to have misbehaved as often as asked',
    async () => {
      const answer = await fetch(`${stage.lab.stack.urls.mailbox}/scenarios`);
      const all = (await answer.json()) as { to: string; times?: number; used: number }[];
      return all.every(({ times, used }) => times === undefined || used >= times);
    },
    { ...patienceOf(stage), withinMs: 120_000 },
  );
}

async function scenario({ lab }: Stage, wish: Record<string, unknown>): Promise<void> {
  const { status, text } = await post(`${lab.stack.urls.mailbox}/scenarios`, wish);
  if (status >= 300) throw new Error(`the mailbox refused a scenario: ${text}`);
}

/** The mail server misbehaves towards each customer, as often as asked. */
async function misbehave(stage: Stage, how: Record<string, unknown>): Promise<void> {
  for (const { request } of stage.customers)
    await scenario(stage, { channel: 'email', to: request.email, ...how });
  stage.note(stage.fault.breaks);
}

async function behave({ lab }: Stage): Promise<void> {
  await fetch(`${lab.stack.urls.mailbox}/scenarios`, { method: 'DELETE' });
}

/** Waits until no signup goes on by itself: its welcome mail is parked, or, where a style parks nothing, it has its account only. */
async function untilAllHeldUp(stage: Stage): Promise<void> {
  const { customers, witness } = stage;
  for (const customer of customers) {
    await until(
      `the welcome mail of ${customer.signupId} to be held up`,
      async () => {
        const { signup } = await witness.see(customer, true);
        return signup && (!parks(customer) || signup.parked.length > 0);
      },
      { ...patienceOf(stage), withinMs: 120_000 },
    );
  }
  stage.note('every welcome mail is held up');
}

const parks = ({ style }: Customer) => promises(style, 'parking');

async function resumeAll(stage: Stage): Promise<void> {
  const parked = stage.customers.filter(parks);
  for (const { signupId } of parked) {
    await until(`${signupId} to be resumed`, () => resume(stage, signupId), patienceOf(stage));
  }
  for (const style of stylesIn(parked)) {
    stage.humanDid(style, byHand, parked.filter((each) => each.style === style).length);
  }
}

async function passForAll(stage: Stage, by: string): Promise<void> {
  for (const { signupId } of stage.customers) {
    await until(`${by} to pass for ${signupId}`, () => pass(stage, signupId, by), patienceOf(stage));
  }
}

function temporalOf({ lab }: Stage): { client: Client; connection: Connection } {
  const { temporal: address, temporalNamespace: namespace } = lab.stack.addresses;
  const connection = Connection.lazy({ address });
  return { client: new Client({ connection, namespace }), connection };
}
