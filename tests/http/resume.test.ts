/** `POST /signups/<id>/resume`: what is parked is tried again, for whoever may ask for it, however often. */
import { strict as assert } from 'node:assert';
import { stylesThat } from '../styles-that.ts';
import { styles, type Signup } from '../../domain/signup.ts';
import {
  arrival,
  mailbox,
  endScenario,
  beginScenario,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { assertProblem, exchange } from './exchange.ts';

const unknown = '9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10';

const resume = (id: string, headers: Record<string, string> = {}) =>
  exchange<Signup>('POST', `/signups/${id}/resume`, { headers });

for (const style of stylesThat('parking')) {
  describe(`POST /signups/<id>/resume of ${style}`, () => {
    it('tries again what is parked, and twice is no harm', async () => {
      const request = uniqueRequest(style);
      // The provider's policy: no retry can cure that.
      await beginScenario({
        channel: 'email',
        to: request.email,
        stage: 'rcpt',
        reply: '550 5.7.1 Not us',
      });
      const { id } = await startSignup(request);
      await signupThat('is parked', id, ({ parked }) => parked.length > 0);
      await endScenario(request.email);
      const answers = await Promise.all([resume(id), resume(id)]);
      for (const { status, body } of answers) {
        assert.equal(status, 202);
        assert.equal(body.id, id);
      }
      await arrival(request.email, 'welcome');
      await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
      await signupThat('has nothing parked', id, ({ parked }) => parked.length === 0);
      assert.equal((await resume(id)).status, 202, 'with nothing parked it changes nothing');
      assert.equal((await mailbox(request.email)).length, 1, 'one mail');
    });
  });
}

for (const style of styles) {
  describe(`POST /signups/<id>/resume, whatever is parked of ${style}`, () => {
    it('is only for operators', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      for (const headers of [{ host: '10.0.0.1' }, { 'x-forwarded-for': '203.0.113.7' }]) {
        const title = 'This route is for operators';
        assertProblem(await resume(id, headers), { status: 403, kind: 'not-an-operator', title });
      }
    });
  });
}

describe('POST /signups/<id>/resume', () => {
  for (const id of [unknown, 'hello']) {
    it(`answers 404 for ${id}`, async () => {
      assertProblem(await resume(id), { status: 404, kind: 'not-found', title: 'Not found' });
    });
  }

  it('does not say who is there to whoever is no operator', async () => {
    const title = 'This route is for operators';
    const answer = await resume(unknown, { 'x-forwarded-for': '203.0.113.7' });
    assertProblem(answer, { status: 403, kind: 'not-an-operator', title });
  });
});
