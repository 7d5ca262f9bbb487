/** The two means of moving a clock, where something is in the way: a part that is down, a server that cannot, two at once. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import getPort from 'get-port';
import { openClient } from '../../coordinators/workflow/connection.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { fastForwardWorkflow } from '../../coordinators/workflow/fast-forward.ts';
import { accountsReactions } from '../../choreography/accounts.ts';
import { notificationsReactions } from '../../choreography/notifications.ts';
import type { FastForwarded } from '../../domain/coordinator.ts';
import { styles, type Signup, type Style } from '../../domain/signup.ts';
import { traits, type Mechanism } from '../../domain/styles.ts';
import { openClocks } from '../../coordinators/chain/fast-forward.ts';
import { accountSteps } from '../../activities/accounts.ts';
import { requireConfig } from '../../adapters/config.ts';
import { fastForward as fastForwardCalls } from '../../coordinators/calls/fast-forward.ts';
import { callingNeeds, openCalls } from '../../workers/shared/calls.ts';
import { cacheFolder } from '../../tools/platform/folders.ts';
import { presentBinary } from '../../tools/platform/temporal-binary.ts';
import { getSignup, historyThat, mailbox, notifiedSignup, purposesOf, uniqueRequest } from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { stylesThat, stylesThatCannot } from '../styles-that.ts';
import { fastForward, untilReminded } from './moving.ts';

const callsWith = [...callingNeeds, 'VERIFICATION_KEY', 'PUBLIC_URL'] as const;

/** The reminder that waits for the service that is down, as each mechanism calls it. */
const waitsFor: Record<Mechanism, RegExp> = {
  calls: /reminder-1 is due/,
  chain: /notifications\.send-reminder-email/,
  workflow: /sendEmail/,
};

describe('Moving the clock of a signup', function () {
  this.timeout(120_000);

  describe('while a service is down', () => {
    const seen = new Map<Style, { id: string; email: string; came: FastForwarded; mails: number }>();
    after(() => theStack().release('notifications'));

    // Down once, for the signups of all styles.
    before(async () => {
      const signups = await notifiedInEachOf(styles);
      await theStack().hold('notifications');
      await Promise.all(
        signups.map(async ({ id, style, email }) => {
          const came = await moved(style, id, 25 * 3_600_000, { restsWithinMs: 10_000 });
          seen.set(style, { id, email, came, mails: (await mailbox(email)).length });
        }),
      );
      await theStack().release('notifications');
    });

    for (const style of styles) {
      it(`by ${style} says what it waits for, and goes on later from where it stood`, async () => {
        const { id, email, came, mails } = seen.get(style)!;
        assert.ok(typeof came === 'object' && 'underWay' in came, JSON.stringify(came));
        assert.match(came.underWay, waitsFor[traits[style].mechanism]);
        assert.ok(Math.abs(came.movedMs - 24 * 3_600_000) < 60_000, `moved by ${came.movedMs}`);
        assert.equal(mails, 1);

        await until('the reminder', async () => (await mailbox(email)).length === 2);
        await fastForward(id, '1h');
        await untilReminded(id, 1);
        assert.deepEqual(purposesOf(await mailbox(email)), ['reminder-1', 'welcome']);
      });
    }
  });

  describe('while the process is down', () => {
    const surviving = stylesThat('survives-the-api');
    const seen = new Map<Style, { email: string; meanwhile: Signup }>();

    // Down once, for the signups of all styles.
    before(async () => {
      const stack = theStack();
      const signups = await notifiedInEachOf(surviving);
      await stack.hold('accounts');
      const moving = signups.map(({ id }) => fastForward(id, '25h'));
      const meanwhile: Signup[] = [];
      try {
        for (const { id } of signups) {
          await due(id);
          meanwhile.push(await getSignup(id));
        }
      } finally {
        await stack.release('accounts');
      }
      await Promise.all(moving);
      for (const [index, { style, email }] of signups.entries())
        seen.set(style, { email, meanwhile: meanwhile[index]! });
    });

    for (const style of surviving) {
      it(`by ${style} goes on: what was due fires once, when it is back`, async () => {
        const { email, meanwhile } = seen.get(style)!;
        assert.equal(meanwhile.reminders, 0);
        await untilReminded(meanwhile.id, 1);
        assert.deepEqual(purposesOf(await mailbox(email)), ['reminder-1', 'welcome']);
      });
    }
  });

  for (const style of styles) {
    it(`by ${style} twice at once takes turns: everything happens once, in its order`, async () => {
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      await Promise.all([fastForward(id, '60h'), fastForward(id, '60h')]);
      const signup = await fastForward(id, '1s');
      assert.equal(signup.status, 'pending');
      const mails = purposesOf(await mailbox(request.email));
      assert.deepEqual(mails, [...new Set(mails)], 'nothing is sent twice');
      await untilReminded(id, mails.length - 1);
    });
  }

  for (const style of stylesThatCannot('survives-the-api'))
    it(`by ${style} needs no other process than the api: what is due is done while accounts is down`, async () => {
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      const stack = theStack();
      await stack.hold('accounts');
      try {
        await fastForward(id, '25h');
        await untilReminded(id, 1);
        assert.deepEqual(purposesOf(await mailbox(request.email)), ['reminder-1', 'welcome']);
      } finally {
        await stack.release('accounts');
      }
    });

  it('by orchestration keeps the history of what it has ended, also where that lies in the future', async () => {
    const { id } = await notifiedSignup(uniqueRequest('orchestration'));
    await fastForward(id, '30d');
    const history = await historyThat('is whole', id, (rows) => rows.length > 5);
    assert.ok(history.some(({ step }) => step === 'sendEmail expired'));
    const { closeTime } = await temporalClient().workflow.getHandle(workflowId(id)).describe();
    assert.ok(closeTime!.getTime() > Date.now() + 6 * 86_400_000, 'it ended in its own time');
  });

  it('says what to do where the Temporal server does not skip time', async () => {
    const port = await getPort();
    const cache = cacheFolder(process.env);
    const binary = await presentBinary({ environment: process.env, cache } as never);
    assert.ok('path' in binary);
    const server = spawn(
      binary.path,
      ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
      {
        stdio: 'ignore',
      },
    );
    const { client, connection } = openClient({
      address: `127.0.0.1:${port}`,
      namespace: 'default',
      apiKey: undefined,
      tls: false,
    });
    try {
      const start = () => client.workflow.start('any', { workflowId: 'asleep', taskQueue: 'nobody' });
      await until('the server to take a workflow', () => start().then(() => true));
      const came = await fastForwardWorkflow({ client }, 'asleep', 1000);
      assert.ok(typeof came === 'object' && 'impossible' in came, JSON.stringify(came));
      assert.match(came.impossible, /frontend\.WorkflowTimeSkippingEnabled/);
    } finally {
      await connection.close();
      if (server.kill('SIGKILL')) await once(server, 'exit');
    }
  });
});

/** A signup of each style whose welcome was sent and recorded. */
function notifiedInEachOf(wanted: readonly Style[]): Promise<Signup[]> {
  return Promise.all(wanted.map((style) => notifiedSignup(uniqueRequest(style))));
}

/** As the api does it, but with less patience. */
async function moved(
  style: Style,
  id: string,
  byMs: number,
  patience: { restsWithinMs: number },
): Promise<FastForwarded> {
  const means: Record<Mechanism, () => Promise<FastForwarded>> = {
    async calls() {
      const environment = theStack().environmentOf('api');
      const {
        VERIFICATION_KEY: key,
        PUBLIC_URL: publicUrl,
        ...config
      } = requireConfig(callsWith, environment);
      const steps = accountSteps({ key, publicUrl });
      const database = databaseOf('accounts');
      const calls = openCalls({ config, database, steps, onRetry: () => {} });
      try {
        return await fastForwardCalls(database, calls.door, calls.visit, id, byMs);
      } finally {
        await calls.stop();
      }
    },
    async chain() {
      const listening = { accounts: accountsReactions, notifications: notificationsReactions };
      const clocks = openClocks(theStack().addresses.database.clock, listening, patience);
      try {
        return await clocks.fastForward(id, byMs);
      } finally {
        await clocks.close();
      }
    },
    workflow: () => fastForwardWorkflow({ client: temporalClient() }, workflowId(id), byMs, patience),
  };
  return means[traits[style].mechanism]();
}

/** Waits until something of a signup is due, which nobody takes as the process is down. */
async function due(id: string): Promise<void> {
  await until('something to be due', async () => {
    const { rows } = await databaseOf('accounts').query(
      'select from timers where signup_id = $1 and due_at <= now()',
      [id],
    );
    if (rows.length > 0) return true;
    const { raw } = await temporalClient().workflow.getHandle(workflowId(id)).describe();
    return Boolean(raw.pendingWorkflowTask);
  });
}
