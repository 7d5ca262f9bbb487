/** A database that answers every question and takes no writes: a standby, a full disk. It is away, like one that is down. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { styles, type Signup, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import {
  historyThat,
  holdAtProvider,
  mailbox,
  postSignup,
  postUntilAnswered,
  untilScenarioUsed,
  send,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { whileReadOnly } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';

describe('While the database takes no writes', () => {
  it('nothing is taken that cannot be kept, and what was in hand goes on by itself when it does', async () => {
    const held = await Promise.all(styles.map(heldAtTheProvider));
    const late: Signup[] = [];
    const stopped = styles.filter((style) => traits[style].needsToAnswer.includes('postgres'));
    const requests = stopped.map((style) => uniqueRequest(style));
    await whileReadOnly(['accounts', 'notifications'], async () => {
      for (const request of requests) {
        const { style } = request;
        await until(`the api to say that it is not ready for ${style}`, async () => {
          const { status, body } = await send('GET', `/health/ready?style=${style}`);
          assert.deepEqual(body, { [style]: { ready: false, missing: 'database' } });
          return status === 503;
        });
        const refused = await postSignup(request);
        assert.equal(refused.status, 503, JSON.stringify(refused.body));
        assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
        assert.equal(refused.body.detail?.startsWith('The database'), true, refused.body.detail);
      }
      // The others wait for it.
      for (const style of styles.filter((each) => !stopped.includes(each)))
        late.push(await startSignup(uniqueRequest(style)));
      for (const { request, letGo } of held) {
        const { email } = request;
        assert.deepEqual(await mailbox(email), [], 'it was held until now');
        await letGo();
        await until(`the mail to ${email}`, async () => (await mailbox(email)).length === 1);
      }
    });
    for (const request of requests) late.push((await postUntilAnswered(request)).body);
    const goneOn: Signup[] = [];
    for (const { request, key, asked } of held) {
      await asked;
      // What is played by calls goes on once it is asked for again.
      goneOn.push(await startSignup(request, { key }));
    }
    for (const { id } of [...goneOn, ...late]) {
      const { parked } = await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
      assert.deepEqual(parked, []);
      await historyThat('has its welcome sent', id, (history) =>
        history.some(({ step, kind }) => step === 'sendEmail welcome' && kind === 'done'),
      );
    }
    for (const { email } of goneOn) assert.equal((await mailbox(email)).length, 1, 'one mail');
    for (const { id } of goneOn.filter(({ style }) => traits[style].mechanism === 'chain')) {
      const history = await historyThat('is whole', id, ({ length }) => length > 0);
      const attempts = history
        .filter(({ step }) => step === 'sendEmail welcome')
        .map((entry) => entry.attempts);
      assert.deepEqual(attempts, [1], 'that it is away is no attempt');
    }
  }).timeout(120_000);
});

/** A signup whose welcome mail is at the provider until it is let go. By calls it is not answered before that. */
async function heldAtTheProvider(style: Style) {
  const { email } = uniqueRequest(style);
  const request = { email, style };
  const key = randomUUID();
  const letGo = await holdAtProvider({ channel: 'email', to: email, stage: 'data' });
  const asked = postSignup(request, { key });
  await untilScenarioUsed(email);
  return { request, key, letGo, asked };
}
