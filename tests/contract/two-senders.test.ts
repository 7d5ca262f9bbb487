/** Two processes of the notifications service: what one has claimed and cannot send the other sends, and neither sends what is the other's. */
import { strict as assert } from 'node:assert';
import { styles, type SignupRequest } from '../../domain/signup.ts';
import type { AddedProcess } from '../../tools/platform/stack.ts';
import {
  historyThat,
  mailbox,
  beginScenario,
  send,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { until } from '../../adapters/waiting.ts';
import { logStyles, untilSharedBy } from '../logs.ts';
import { itSideBySide } from '../side-by-side.ts';
import { theStack } from '../stack.ts';

describe('Two processes that send', function () {
  this.timeout(120_000);
  let second: AddedProcess;

  before(async () => {
    second = await theStack().add('notifications');
  });
  after(async () => {
    process.kill(second.pid, 'SIGCONT');
    await second.stop();
  });

  describe('each try again what the other could not send', () => {
    const it = itSideBySide();

    // A record in hand while its partition moves is taken again, and its first attempt may go uncounted: they move to a second
    // process, and from one that is frozen.
    before(async () => {
      for (const each of logStyles) await untilSharedBy(2, each);
    });

    for (const style of styles) {
      it(`by ${style}`, async () => {
        const requests = Array.from({ length: 12 }, () => withoutPhone(style));
        for (const { email } of requests) {
          await beginScenario({
            channel: 'email',
            to: email,
            stage: 'rcpt',
            reply: '451 4.3.0 Later',
            times: 1,
          });
        }
        const started = await Promise.all(requests.map((request) => startSignup(request)));
        for (const { id } of started) {
          const history = await historyThat('has its welcome sent', id, (entries) =>
            entries.some(({ step, kind }) => step === 'sendEmail welcome' && kind === 'done'),
          );
          const { attempts, detail } = history.find(({ step }) => step === 'sendEmail welcome')!;
          assert.equal(attempts, 2, `one fault, one more attempt; ${detail}`);
        }
      });
    }
  });

  it('send once what waits in one that is frozen, but for what is at the provider', async () => {
    // More than one process has connections for.
    const requests = Array.from({ length: 200 }, () => withoutPhone('choreography'));
    for (const { email } of requests) {
      await beginScenario({ channel: 'email', to: email, stage: 'rcpt', hangMs: 7000, times: 1 });
    }
    const starting = Promise.all(requests.map((request) => startSignup(request)));
    // Where nothing is added in four looks, no mail is in the middle of its dialogue: that is sent on by whoever wakes up. The first
    // answers of the provider, which end that, may come before the last requests are answered.
    let before = 0;
    let unchanged = 0;
    await until(
      'both to be busy',
      async () => {
        const now = (await atProvider()).length;
        unchanged = now === before ? unchanged + 1 : 0;
        before = now;
        return now >= 90 && unchanged >= 3;
      },
      { everyMs: 300 },
    );
    process.kill(second.pid, 'SIGSTOP');
    const mayComeTwice = new Set(await atProvider());
    await untilNotified(await starting);
    process.kill(second.pid, 'SIGCONT');
    // What it does next it does after all that waited in it.
    const later = await Promise.all(
      Array.from({ length: 20 }, () => startSignup(withoutPhone('choreography'))),
    );
    await untilNotified(later);
    await until('the woken process to work again', async () => {
      const { status } = await send('GET', '/health/ready', { url: second.url });
      return status === 200;
    });
    let waited = 0;
    for (const { email } of requests) {
      if (mayComeTwice.has(email)) continue;
      waited += 1;
      assert.equal((await mailbox(email)).length, 1, `mails to ${email}`);
    }
    assert.ok(waited >= 10, `${waited} waited for their turn`);

    async function atProvider(): Promise<string[]> {
      const { body } = await send<{ to: string; used: number }[]>('GET', '/scenarios', {
        url: theStack().urls.mailbox!,
      });
      const asked = new Set(requests.map(({ email }) => email));
      return body.filter(({ to, used }) => used > 0 && asked.has(to)).map(({ to }) => to);
    }
  });
});

function withoutPhone(style: SignupRequest['style']): SignupRequest {
  const { email, name } = uniqueRequest(style);
  return { email, name, style };
}

async function untilNotified(signups: { id: string }[]): Promise<void> {
  for (const { id } of signups) {
    await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
  }
}
