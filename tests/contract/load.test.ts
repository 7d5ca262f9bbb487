/** The contract under many requests at once: repeated keys, two api processes, 50 signups. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { styles } from '../../domain/signup.ts';
import {
  arrival,
  clickUntilActedOn,
  isAccepted,
  linkIn,
  mailbox,
  openedSignup,
  postSignup,
  postUntilAnswered,
  signupThat,
  uniqueRequest,
  startedStatus,
} from '../client.ts';
import type { AddedProcess } from '../../tools/platform/stack.ts';
import { theStack } from '../stack.ts';
import { burst } from './burst.ts';

let secondApi: AddedProcess;
before(async () => void (secondApi = await theStack().add('api')));
after(() => secondApi.stop());

for (const style of styles) {
  describe(`Many requests, by ${style}`, () => {
    it('finds the same signup when a key is repeated, and sends no second mail', async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const first = await postSignup(request, { key });
      const second = await postSignup(request, { key });
      assert.deepEqual([first.status, second.status], [startedStatus(style), startedStatus(style)]);
      assert.equal(second.body.id, first.body.id);
      await signupThat('is notified', first.body.id, ({ notified }) => notified.email !== null);
      assert.equal((await postSignup(request, { key })).body.id, first.body.id);
      assert.equal((await mailbox(request.email)).length, 1);
    });

    it('finds the same signup after it has ended', async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const { body } = await postSignup(request, { key });
      await clickUntilActedOn(await linkIn(request.email));
      await arrival(request.email, 'activated');
      const again = await postSignup(request, { key });
      assert.equal(again.status, startedStatus(style));
      assert.equal(again.body.id, body.id);
      assert.equal((await mailbox(request.email)).length, 2);
    });

    it('refuses a key that is repeated with another request', async () => {
      const key = randomUUID();
      assert.equal((await postSignup(uniqueRequest(style), { key })).status, startedStatus(style));
      const other = await postSignup(uniqueRequest(style), { key });
      assert.equal(other.status, 422);
      assert.equal(other.body.type, 'urn:duet:problem:key-reused');
    });

    it('makes one signup of 20 requests with one key at once, across two api processes', async () => {
      const request = uniqueRequest(style);
      const key = randomUUID();
      const replies = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          postUntilAnswered(request, index % 2 === 0 ? { key } : { key, url: secondApi.url }),
        ),
      );
      assert.deepEqual([...new Set(replies.map(({ status }) => status))], [startedStatus(style)]);
      assert.equal(new Set(replies.map(({ body }) => body.id)).size, 1);
      await signupThat('is notified', replies[0]!.body.id, ({ notified }) => notified.email !== null);
      assert.equal((await mailbox(request.email)).length, 1);
      assert.equal((await mailbox(request.phone!)).length, 1);
    });

    it('brings 50 signups at once to their right ends, none twice', () => burst(style, 50)).timeout(180_000);

    it('takes the first of two requests for one address at once, and refuses the other', async () => {
      const { email } = uniqueRequest(style);
      const accepted = await Promise.all([1, 2].map(() => isAccepted(uniqueRequest(style, { email }))));
      assert.deepEqual(accepted.toSorted(), [false, true]);
    });
  });
}

describe('One address, every style', () => {
  for (const style of styles) {
    it(`is taken for every other by an account of ${style}`, async () => {
      const { email } = await openedSignup(uniqueRequest(style));
      for (const other of styles.filter((each) => each !== style))
        assert.equal(await isAccepted(uniqueRequest(other, { email })), false, other);
    });
  }
});
