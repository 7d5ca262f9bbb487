/** What becomes of workflows on the real server when the process that works on them dies or is away. */
import { strict as assert } from 'node:assert';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import {
  arrival,
  click,
  clickUntilActedOn,
  getSignup,
  holdAtProvider,
  linkIn,
  mailbox,
  postUntilAnswered,
  untilScenarioUsed,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { temporalClient } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

describe('A signup by workflow, when its workers are lost', function () {
  this.timeout(120_000);

  afterEach(async () => {
    const { release, untilReady } = theStack();
    await Promise.all([release('accounts'), untilReady('notifications')]);
  });

  it('delivers the mail after notifications was killed in the middle of sending it, with one duplicate at most', async () => {
    const request = uniqueRequest('orchestration');
    const letGo = await holdAtProvider({ channel: 'email', to: request.email, stage: 'data' });
    try {
      const { id } = await startSignup(request);
      await untilScenarioUsed(request.email);
      await until('nothing else to be under way', async () => {
        const { raw } = await temporalClient().workflow.getHandle(workflowId(id)).describe();
        const pending = raw.pendingActivities!.map(({ activityType, attempt }) => [
          activityType!.name,
          attempt,
        ]);
        assert.deepEqual(pending, [['sendEmail welcome', 1]]);
        return true;
      });
      await theStack().kill('notifications');
      // Before the second attempt, so that what the first one leads to is counted.
      await letGo();

      const { notified } = await signupThat('is notified', id, (signup) => signup.notified.email !== null);
      assert.deepEqual(notified, { email: 'sent', sms: 'sent' });
      assert.deepEqual(await attemptsOf(id, 'sendEmail welcome'), [2], 'the second attempt did it');
      const letters = (await mailbox(request.email)).filter(({ purpose }) => purpose === 'welcome');
      assert.ok(letters.length === 1 || letters.length === 2, `${letters.length} arrived`);
      assert.equal(new Set(letters.map(({ messageId }) => messageId)).size, 1, 'a duplicate can be told');
      assert.equal((await mailbox(request.phone!)).length, 1, 'what was sent before is not sent again');
    } finally {
      await letGo();
    }
  });

  it('keeps a click that comes while no worker runs, and activates once one is back', async () => {
    const request = uniqueRequest('orchestration');
    const { id } = await startSignup(request);
    await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    const link = await linkIn(request.email);

    await theStack().hold('accounts');
    const clicked = await click(link);
    assert.equal(clicked.status, 202);
    assert.equal((await getSignup(id)).status, 'pending');
    await theStack().release('accounts');

    await signupThat('is activated', id, ({ status }) => status === 'activated');
    await arrival(request.email, 'activated');
    assert.equal((await click(link)).status, 200, 'and says so when it is clicked again');
  });

  it('keeps a signup that is asked for while no worker runs, and opens it once one is back', async () => {
    const request = uniqueRequest('orchestration');
    await theStack().hold('accounts');
    const { status, body } = await postUntilAnswered(request);
    assert.equal(status, 202);
    assert.equal(body.status, 'opening');
    await theStack().release('accounts');

    await signupThat('is notified', body.id, ({ notified }) => notified.email !== null);
    assert.equal((await clickUntilActedOn(await linkIn(request.email))).status, 200);
    await arrival(request.email, 'activated');
    assert.equal((await mailbox(request.email)).length, 2, 'one welcome, one that says it is activated');
  });
});

/** The attempts with which the activities of a type were completed. */
async function attemptsOf(signupId: string, type: string): Promise<unknown[]> {
  const { events } = await temporalClient().workflow.getHandle(workflowId(signupId)).fetchHistory();
  const scheduled = new Set(
    events!
      .filter(({ activityTaskScheduledEventAttributes: event }) => event?.activityType?.name === type)
      .map(({ eventId }) => String(eventId)),
  );
  return events!.flatMap(({ activityTaskStartedEventAttributes: event }) =>
    event && scheduled.has(String(event.scheduledEventId)) ? [event.attempt] : [],
  );
}
