/** Signups that were started together: by the name that their requests gave them they are found again, in every style. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import { styles } from '../../domain/signup.ts';
import { promises, traits } from '../../domain/styles.ts';
import type { FeedEntry, ListedSignup } from '../../domain/tracked.ts';
import {
  beginScenario,
  idOf,
  openedSignup,
  postSignup,
  postUntilOpened,
  send,
  startedStatus,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { databaseOf } from '../inside.ts';
import { feedSource } from '../../tracking/tracked.ts';

const uniqueGroup = () => `g-${randomUUID()}`;

/** Waits until the list has so many signups of a group, all as wanted. */
const listed = (group: string, count: number, isSo: (signup: ListedSignup) => boolean = () => true) =>
  until(`${count} signups of the group ${group}`, async () => {
    const { body } = await send<{ items: ListedSignup[] }>('GET', `/signups?group=${group}&limit=100`);
    if (body.items.length === count && body.items.every(isSo)) return body.items;
    throw new Error(JSON.stringify(body.items));
  });

/** What the feed tells of a signup. */
async function toldOf(id: string): Promise<FeedEntry[]> {
  const feed = feedSource(databaseOf('accounts'));
  const { rows } = await databaseOf('tracker').query<{ first: number }>(
    'select (min(position) - 1)::float8 as first from feed where signup_id = $1',
    [id],
  );
  return (await feed.after(rows[0]!.first, 1000)).filter(({ signupId }) => signupId === id);
}

/** The same of a signup that goes well, once it tells of the four steps before the click. */
async function allToldOf(id: string): Promise<FeedEntry[]> {
  const told = await until(`all of ${id} in the feed`, async () => {
    const entries = await toldOf(id);
    return entries.length >= 4 && entries;
  });
  assert.equal(told.length, 4, id);
  return told;
}

describe('A group', () => {
  it('ties together what was started in every style, in the list and in the feed', async () => {
    const group = uniqueGroup();
    const started = await Promise.all(styles.map((style) => startSignup(uniqueRequest(style, { group }))));
    const alone = await startSignup(uniqueRequest('choreography'));
    const signups = await listed(group, styles.length, ({ notifiedAt }) => notifiedAt !== null);
    assert.deepEqual(signups.map(({ id }) => id).toSorted(), started.map(({ id }) => id).toSorted());
    assert.ok(signups.every((signup) => signup.group === group));
    for (const { id, style } of started) {
      const told = await allToldOf(id);
      assert.deepEqual([...new Set(told.map((entry) => entry.group))], [group], style);
    }
    await until('the other signup in the feed', async () => (await toldOf(alone.id)).length > 0);
    assert.ok((await toldOf(alone.id)).every((entry) => entry.group === null));
  });

  for (const style of styles) {
    it(`is that of the first request where its key is used again, by ${style}`, async () => {
      const [group, other] = [uniqueGroup(), uniqueGroup()];
      const request = uniqueRequest(style, { group });
      const key = randomUUID();
      const { id } = await startSignup(request, { key });
      await listed(group, 1, ({ notifiedAt }) => notifiedAt !== null);
      for (const again of [
        { ...request, group: other },
        { ...request, group: undefined },
      ]) {
        const { status, body } = await postSignup(again, { key });
        assert.deepEqual([status, body.id], [startedStatus(style), id]);
      }
      assert.equal((await listed(group, 1))[0]!.id, id);
      assert.deepEqual(await listed(other, 0), []);
    });

    it(`is kept of a signup that is refused, by ${style}`, async () => {
      const holder = await openedSignup(uniqueRequest(style));
      const group = uniqueGroup();
      const key = randomUUID();
      const { status } = await postUntilOpened(uniqueRequest(style, { email: holder.email, group }), {
        key,
      });
      assert.equal(status, 409);
      const [refused] = await listed(group, 1, (signup) => signup.status === 'refused');
      assert.equal(refused!.id, idOf(style, key));
    });
  }
});

describe('An entry of the feed', () => {
  for (const style of styles) {
    it(`says who told it, and of a chain by which event and why, by ${style}`, async () => {
      const { id } = await startSignup(uniqueRequest(style));
      const told = new Map((await allToldOf(id)).map((entry) => [entry.step, entry]));
      const [opened, email, notified] = ['openAccount', 'sendEmail welcome', 'recordNotified'].map((step) =>
        told.get(step)!,
      );
      const isChain = traits[style].mechanism === 'chain';
      assert.deepEqual(
        [opened!.event, email!.event, notified!.event],
        isChain ? ['account.opened', 'message.sent', 'account.notified'] : [null, null, null],
      );
      const sms = told.get('sendSms welcome')!;
      assert.equal(opened!.causationId, null);
      assert.equal(email!.causationId, isChain ? opened!.eventId : null);
      assert.ok(
        isChain
          ? [email!, sms].some(({ eventId }) => eventId === notified!.causationId)
          : notified!.causationId === null,
      );
      const { mechanism } = traits[style];
      const sender = mechanism === 'calls' ? 'accounts' : 'notifications';
      // A workflow's history may be quicker than who observed it.
      const orHistory = mechanism === 'workflow' ? ['history'] : [];
      assert.ok(['accounts', ...orHistory].includes(opened!.source), opened!.source);
      assert.ok([sender, ...orHistory].includes(email!.source), email!.source);
      assert.equal(new Set([...told.values()].map(({ eventId }) => eventId)).size, 4);
    });
  }

  it('says what caused a step that is tried again', async () => {
    const style = styles.find((each) => traits[each].mechanism === 'chain' && promises(each, 'parking'))!;
    const request = uniqueRequest(style);
    await beginScenario({
      channel: 'sms',
      to: request.phone,
      stage: 'http',
      reply: { status: 503 },
      times: 1,
    });
    const { id } = await startSignup(request);
    await until(`the SMS of ${id} to be tried again`, async () => {
      const told = await toldOf(id);
      const retrying = told.find(({ kind }) => kind === 'retrying');
      const opened = told.find(({ step }) => step === 'openAccount');
      assert.deepEqual([retrying?.event, retrying?.causationId], [null, opened?.eventId]);
      return true;
    });
  });
});
