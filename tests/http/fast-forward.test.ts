/** `POST /signups/<id>/fast-forward`: who may, how far, and what is said where it cannot be. What happens meanwhile is in `tests/time`. */
import { strict as assert } from 'node:assert';
import { styles, type Signup } from '../../domain/signup.ts';
import { clickUntilActedOn, linkOf, getSignup, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { assertInvalid, assertProblem, exchange } from './exchange.ts';

const unknown = '9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10';

const forward = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  exchange<Signup>('POST', `/signups/${id}/fast-forward`, { body, headers });

for (const style of styles) {
  describe(`POST /signups/<id>/fast-forward of ${style}`, () => {
    it('answers with the signup, and moves nothing by a request that is not valid', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      for (const by of [
        '',
        '24',
        'h',
        '1.5h',
        '-1h',
        '0h',
        '24 h',
        '1w',
        '31d',
        '2592001s',
        '999999999d',
        24,
        null,
      ])
        assertInvalid(await forward(id, { by }), 'by');
      assertInvalid(await forward(id, {}), 'by');
      assertInvalid(await forward(id, { by: '1h', at: 'once' }), 'at');
      assert.equal((await getSignup(id)).reminders, 0);
      const { status, body } = await forward(id, { by: '30d' });
      assert.equal(status, 200);
      assert.equal(body.id, id);
      assert.equal(body.status, 'expired');
    });

    it('says that a signup has ended', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      await clickUntilActedOn(await linkOf(id));
      const title = 'The signup has ended';
      assertProblem(await forward(id, { by: '1h' }), { status: 409, kind: 'ended', title });
    });

    it('is only for operators', async () => {
      const { id } = await startSignup(uniqueRequest(style));
      await signupThat('is open', id, ({ status }) => status === 'pending');
      for (const headers of [{ host: '10.0.0.1' }, { 'x-forwarded-for': '203.0.113.7' }]) {
        const title = 'This route is for operators';
        assertProblem(await forward(id, { by: '7d' }, headers), {
          status: 403,
          kind: 'not-an-operator',
          title,
        });
      }
      assert.equal((await getSignup(id)).status, 'pending');
    });
  });
}

describe('POST /signups/<id>/fast-forward', () => {
  for (const id of [unknown, 'hello']) {
    it(`answers 404 for ${id}`, async () => {
      assertProblem(await forward(id, { by: '1h' }), { status: 404, kind: 'not-found', title: 'Not found' });
    });
  }
});
