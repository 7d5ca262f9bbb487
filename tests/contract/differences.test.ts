/** What a style does where it does not promise what others do: a scenario for each limit in `domain/styles.ts`. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import {
  beginScenario,
  click,
  endScenario,
  getSignup,
  idOf,
  linkOf,
  mailbox,
  postSignup,
  postUntilAnswered,
  purposesOf,
  resume,
  send,
  startSignup,
  uniqueRequest,
  untilScenarioUsed,
} from '../client.ts';
import type { Signup } from '../../domain/signup.ts';
import { sendsOf } from '../inside.ts';
import { theStack } from '../stack.ts';
import { stylesThatCannot } from '../styles-that.ts';

const noMail = (email: string) => ({
  channel: 'email',
  to: email,
  stage: 'rcpt',
  reply: '451 4.3.0 Try later',
});

describe('What a style cannot', function () {
  this.timeout(90_000);
  afterEach(() => theStack().release('notifications'));

  for (const style of stylesThatCannot('attempts-for-days'))
    it(`attempts-for-days, by ${style}: after two attempts the caller is told to repeat it, and that finishes it`, async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      await beginScenario(noMail(request.email));
      const { status, body, headers } = await postSignup(request, { key });
      assert.deepEqual([status, body.type], [503, 'urn:duet:problem:unfinished']);
      assert.equal(headers.get('retry-after'), '2');
      assert.equal((await getSignup(idOf(style, key))).status, 'pending');
      await endScenario(request.email);
      const again = await postUntilAnswered(request, { key });
      assert.deepEqual([again.status, again.body.notified], [201, { email: 'sent', sms: 'sent' }]);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome'], 'what was done stays done');
    });

  for (const style of stylesThatCannot('parking'))
    it(`parking, by ${style}: an SMS that is faulted is given up, and nothing brings it back`, async () => {
      const request = uniqueRequest(style);
      await beginScenario({ channel: 'sms', to: request.phone, stage: 'http', reply: { status: 503 } });
      const { id, notified } = await startSignup(request);
      assert.deepEqual(notified, { email: 'sent', sms: 'failed' });
      await endScenario(request.phone!);
      await resume(id);
      assert.deepEqual((await getSignup(id)).parked, []);
      assert.deepEqual(await mailbox(request.phone!), []);
    });

  for (const style of stylesThatCannot('accepted-without-senders'))
    it(`accepted-without-senders, by ${style}: while notifications is down no signup is finished`, async () => {
      await theStack().hold('notifications');
      const request = uniqueRequest(style);
      const key = randomUUID();
      const { status, body } = await postSignup(request, { key });
      assert.deepEqual([status, body.type], [503, 'urn:duet:problem:unfinished']);
      const { status: ready } = await send('GET', `/health/ready?style=${style}`);
      assert.equal(ready, 503);
      await theStack().release('notifications');
      assert.equal((await postUntilAnswered(request, { key })).status, 201);
    });

  for (const style of stylesThatCannot('outcome-after-the-caller-left'))
    it(`outcome-after-the-caller-left, by ${style}: what no caller repeats stays unfinished, and is cancelled after 15 minutes`, async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      await beginScenario(noMail(request.email));
      assert.equal((await postSignup(request, { key })).status, 503);
      await endScenario(request.email);
      const id = idOf(style, key);
      const moved = await send<Signup>('POST', `/signups/${id}/fast-forward`, { body: { by: '15m' } });
      assert.equal(moved.status, 200, JSON.stringify(moved.body));
      assert.equal(moved.body.outcome, 'cancelled');
      assert.deepEqual(await mailbox(request.email), []);
      assert.equal((await postSignup({ ...request })).status, 201, 'the address is free');
    });

  for (const style of stylesThatCannot('survives-the-api'))
    it(`survives-the-api, by ${style}: a signup under way ends with the api, until its caller repeats it`, async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const hangs = { channel: 'email', to: request.email, stage: 'rcpt', hangMs: 6000, times: 1 };
      await beginScenario({ ...hangs, reply: '451 4.3.0 Try later' });
      const lost = postSignup(request, { key }).catch((error: unknown) => error);
      await untilScenarioUsed(request.email);
      await theStack().kill('api');
      assert.ok((await lost) instanceof Error, 'the caller has no answer');
      await theStack().untilReady('api');
      const id = idOf(style, key);
      assert.deepEqual((await getSignup(id)).notified, { email: null, sms: null });
      const answered = await until('the repeated request to be answered', async () => {
        const reply = await postSignup(request, { key }).catch(() => undefined);
        return reply?.status === 201 && reply;
      });
      assert.deepEqual(answered.body.notified, { email: 'sent', sms: 'sent' });
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
    });

  for (const style of stylesThatCannot('accepted-without-senders'))
    it(`accepted-without-senders, by ${style}: a click that comes first wins over a mail that is refused later`, async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const hangs = { channel: 'email', to: request.email, stage: 'rcpt', hangMs: 6000, times: 1 };
      await beginScenario({ ...hangs, reply: '550 5.1.1 No such user' });
      const answering = postSignup(request, { key });
      await untilScenarioUsed(request.email);
      const id = idOf(style, key);
      assert.equal((await click(await linkOf(id))).status, 200);
      assert.equal((await answering).status, 201);
      assert.equal((await getSignup(id)).status, 'activated');
      assert.ok(!(await sendsOf(id)).includes('sms closed sent'), 'no word of closing');
    });
});
