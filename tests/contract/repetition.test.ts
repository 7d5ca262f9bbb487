/** Repeating changes nothing: every event of a finished signup told again, every activity executed again. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { accountSteps } from '../../activities/accounts.ts';
import { notificationSteps } from '../../activities/notifications.ts';
import { mailNeeds, openMail } from '../../adapters/mail.ts';
import { openSms, smsNeeds } from '../../adapters/sms.ts';
import { requireConfig } from '../../adapters/config.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';
import { stepNameOf, stepNames, type Steps } from '../../domain/steps.ts';
import {
  accountActivities,
  notificationActivities,
} from '../../coordinators/workflow/temporal-activities.ts';
import {
  arrival,
  click,
  linkIn,
  mailbox,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { databaseOf, untilAtRest, sendsOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { depthOf, publishAll } from '../wire.ts';

type Finished = { request: SignupRequest; signup: Signup };
const ends = ['activated', 'undeliverable'] as const;
/** How many steps it takes. */
const stepsOf = { activated: 6, undeliverable: 5 };

for (const end of ends) {
  describe(`A signup that is ${end}`, () => {
    it('is not changed, and nobody is told anything, when every event is delivered again', async () => {
      const finished = await finishedSignup('choreography', end);
      const { id } = finished.signup;
      const before = await everythingOf(finished);
      const told = await outboxOf(id);
      assert.ok(told.length >= 5, `only ${told.length} events`);
      await publishAll(told);
      for (const service of ['accounts', 'notifications'] as const) {
        await until(`the queues of ${service} to be empty`, async () => {
          const depths = await Promise.all(
            (await queuesOf(service, id)).map((queue) => depthOf(service, queue)),
          );
          return depths.every((depth) => depth === 0);
        });
      }
      // A signup that comes after them, through the same queues.
      await finishedSignup('choreography', end);
      assert.deepEqual(await everythingOf(finished), before);
    });

    it('is not changed, and nobody is told anything, when every activity is executed again', async () => {
      const finished = await finishedSignup('orchestration', end);
      const before = await everythingOf(finished);
      await withActivities(async (again) => {
        const {
          request,
          signup: { id: signupId, startedAt },
        } = finished;
        const at = new Date().toISOString();
        const { style, ...person } = request;
        const { phone } = person;
        const link = { verificationLink: 'http://localhost/another' };
        const opening = await again.openAccount({ signupId, style, at, ...person });
        const welcome = await again.sendEmail({ signupId, purpose: 'welcome', ...person, ...link });
        if (end === 'activated') {
          assert.equal('ok' in opening && opening.ok.openedAt, startedAt, 'the account that is there');
          assert.deepEqual(welcome, { ok: 'sent' });
          assert.deepEqual(await again.sendSms({ signupId, purpose: 'welcome', phone }), { ok: 'sent' });
          await again.recordNotified({ signupId, at, email: 'sent', sms: 'undeliverable' });
          assert.deepEqual(await again.activateAccount({ signupId, at }), { ok: 'activated' });
          assert.deepEqual(await again.sendEmail({ signupId, purpose: 'activated', ...person }), {
            ok: 'sent',
          });
        } else {
          assert.equal('refused' in opening && opening.refused, 'closed');
          assert.equal('refused' in welcome && welcome.refused, 'undeliverable');
          await again.sendSms({ signupId, purpose: 'welcome', phone });
          assert.deepEqual(await again.closeAccount({ signupId, at, reason: end }), { ok: 'closed' });
          assert.deepEqual(await again.sendSms({ signupId, purpose: 'closed', phone }), { ok: 'sent' });
        }
      });
      assert.deepEqual(await everythingOf(finished), before);
    });
  });
}

async function finishedSignup(style: Style, end: (typeof ends)[number]): Promise<Finished> {
  const request = uniqueRequest(
    style,
    end === 'activated' ? {} : { email: uniqueEmail('undeliverable.example') },
  );
  const { id } = await startSignup(request);
  if (end === 'activated') {
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    await click(await linkIn(request.email));
    await arrival(request.email, 'activated');
  } else {
    await arrival(request.phone!, 'closed');
  }
  await untilAtRest(id);
  await until(`the tracker to have noted all of ${id}`, async () => {
    const { rows } = await databaseOf('tracker').query('select from steps where signup_id = $1', [id]);
    return rows.length === stepsOf[end];
  });
  return { request, signup: await signupThat(`is ${end}`, id, ({ status }) => status === end) };
}

/** All there is of a signup, inside and outside, but for what is only bookkeeping of repetitions. */
async function everythingOf({ request, signup: { id } }: Finished) {
  const rowsOf = async (service: 'accounts' | 'notifications' | 'tracker', query: string) =>
    (await databaseOf(service).query(query, [id])).rows as unknown[];
  const deliveries =
    'select queue, message_id, state, attempts from deliveries where signup_id = $1 order by 1, 2';
  return {
    account: await rowsOf('accounts', 'select * from accounts where signup_id = $1'),
    sends: await sendsOf(id),
    told: await outboxOf(id),
    deliveries: await Promise.all([rowsOf('accounts', deliveries), rowsOf('notifications', deliveries)]),
    steps: await rowsOf('tracker', 'select * from steps where signup_id = $1 order by step'),
    mails: await mailbox(request.email),
    texts: await mailbox(request.phone!),
  };
}

async function outboxOf(signupId: string): Promise<Envelope[]> {
  const told = await Promise.all(
    (['accounts', 'notifications'] as const).map((service) =>
      databaseOf(service).query<{ envelope: Envelope }>(
        'select envelope from outbox where signup_id = $1 order by position',
        [signupId],
      ),
    ),
  );
  return told.flatMap(({ rows }) => rows.map(({ envelope }) => envelope));
}

async function queuesOf(service: 'accounts' | 'notifications', signupId: string): Promise<string[]> {
  const { rows } = await databaseOf(service).query<{ queue: string }>(
    'select distinct queue from deliveries where signup_id = $1',
    [signupId],
  );
  return rows.map(({ queue }) => queue);
}

/** The activities as the workers have them, over the services' own databases and the real providers. */
async function withActivities(use: (again: Steps) => Promise<void>): Promise<void> {
  const { environmentOf } = theStack();
  const { VERIFICATION_KEY = '', PUBLIC_URL = '' } = environmentOf('accounts');
  const config = requireConfig([...mailNeeds, ...smsNeeds], environmentOf('notifications'));
  const mail = openMail(config);
  const sms = openSms(config);
  const database = databaseOf('notifications');
  const environment = new MockActivityEnvironment();
  const instance = { id: randomUUID(), life: async () => ({ isOver: () => false }) };
  const activities = {
    ...accountActivities(
      databaseOf('accounts'),
      accountSteps({ key: VERIFICATION_KEY, publicUrl: PUBLIC_URL }),
    ),
    ...notificationActivities(database, notificationSteps({ database, mail, sms, instance })),
  };
  const again = Object.fromEntries(
    Object.keys(stepNames).map((step) => [
      step,
      (input: never) => environment.run(activities[stepNameOf(step as keyof Steps, input)]!, input),
    ]),
  ) as Steps;
  try {
    await use(again);
  } finally {
    mail.close();
    await sms.close();
  }
}
