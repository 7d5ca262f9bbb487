/** The door of the notifications service: who calls its steps there must have the token, and be on this machine. */
import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { idOf, mailbox, send, uniqueEmail } from '../client.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import { theStack } from '../stack.ts';

const [style] = stylesPlayedBy('chain');

describe('The door of the notifications service', () => {
  const called = (email: string, headers: Record<string, string>, step = 'sendEmail') => {
    const { NOTIFICATIONS_URL: url } = theStack().environmentOf('api');
    const body = { signupId: idOf(style), purpose: 'expired', email };
    return send<Record<string, unknown>>('POST', `/steps/${step}`, { body, headers, url: url! });
  };
  const ours = () => ({ authorization: `Bearer ${theStack().environmentOf('api')['SERVICE_TOKEN']}` });

  it('sends for a caller that has the token, and answers once it is sent', async () => {
    const email = uniqueEmail();
    const { status, body } = await called(email, ours());
    assert.deepEqual([status, body], [200, { ok: 'sent' }]);
    assert.equal((await mailbox(email)).length, 1);
  });

  it('answers a refusal as a step does', async () => {
    const { status, body } = await called(uniqueEmail('undeliverable.example'), ours());
    assert.deepEqual([status, body['refused']], [200, 'undeliverable']);
  });

  for (const [what, headers] of [
    ['no token', {}],
    ['another token', { authorization: `Bearer ${'x'.repeat(36)}` }],
  ] as const) {
    it(`refuses a caller with ${what}, and sends nothing`, async () => {
      const email = uniqueEmail();
      const { status } = await called(email, { ...headers });
      assert.equal(status, 401);
      assert.deepEqual(await mailbox(email), []);
    });
  }

  it('has no steps but those that send', async () => {
    assert.equal((await called(uniqueEmail(), ours(), 'closeAccount')).status, 404);
  });

  it('is not reachable from elsewhere', async () => {
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address: host } of outside) {
      const answer = await new Promise<string>((resolve) => {
        const socket = connect({ host, port: theStack().portOf('notifications') });
        socket.once('connect', () => (socket.destroy(), resolve('connected')));
        socket.once('error', () => resolve('refused'));
      });
      assert.equal(answer, 'refused', host);
    }
  });
});
