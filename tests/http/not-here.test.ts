/** A style that is not here, for want of its broker say: no signup of it is started, and each place says why. What is known is shown. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { signupShown, styles } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { signupIdOf, verificationToken } from '../../domain/tokens.ts';
import { readyReading } from '../../workers/shared/readings.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { assertProblem, exchange } from './exchange.ts';

const notHere = 'There is no broker <here>.';
const email = 'ada@example.com';
const key = bareParts.verificationKey;

for (const style of styles) {
  const id = signupIdOf(style, randomUUID(), key);
  const others = styles.filter((each) => each !== style);
  const earlier = signupShown(
    id,
    { email, style },
    { status: 'pending', startedAt: '2026-01-01T00:00:00.000Z' },
  );
  const coordinators = forEachStyle((each) =>
    each === style
      ? {
          ...bareCoordinator,
          notHere,
          find: async () => earlier,
          click: async () => 'activated' as const,
          start: () => Promise.reject(new Error('it is asked all the same')),
        }
      : { ...bareCoordinator, waitsFor: () => 'rabbitmq' as const },
  );
  const within = <T>(use: (url: string) => Promise<T>) => withParts({ coordinators }, use);

  describe(`Where ${style} is not here`, () => {
    it('a signup is answered with a problem that says what to do, and not when to try again', () =>
      within(async (url) => {
        const answer = await exchange('POST', '/signups', { url, body: { email, style } });
        const title = 'This style is not here';
        const problem = assertProblem(answer, { status: 503, kind: 'style-not-here', title });
        assert.equal(problem.detail, notHere);
        assert.equal(answer.headers['retry-after'], undefined);
      }));

    it('what is wrong with the request itself is said first', () =>
      within(async (url) => {
        const { status } = await exchange('POST', '/signups', { url, body: { email: 'ada', style } });
        assert.equal(status, 400);
      }));

    it('a signup from before is shown, and its click counts', () =>
      within(async (url) => {
        const { status } = await exchange('GET', `/signups/${id}`, { url });
        assert.equal(status, 200);
        const clicked = await exchange('POST', `/verify/${verificationToken(id, key)}`, { url });
        assert.equal(clicked.status, 200);
      }));

    it('readiness says so of it, of the others what their signups wait for, and the api is ready', () =>
      within(async (url) => {
        const { status, body } = await exchange('GET', '/health/ready', { url });
        assert.equal(status, 200);
        assert.deepEqual(
          body,
          forEachStyle((each) =>
            each === style ? { ready: false, notHere } : { ready: true, waitsFor: 'rabbitmq' },
          ),
        );
        const alone = await exchange('GET', `/health/ready?style=${style}`, { url });
        assert.deepEqual([alone.status, alone.body], [503, { [style]: { ready: false, notHere } }]);
      }));

    it('metrics have it as not ready', async () => {
      const { duet_style_ready: ready = [] } = await readyReading(coordinators).read();
      for (const { labels, value } of ready) assert.equal(value, labels['style'] === style ? 0 : 1);
      assert.equal(ready.length, styles.length);
    });

    it('the start page says why, and has no button for it', () =>
      within(async (url) => {
        const { body } = await exchange<string>('GET', '/start', { url, headers: { accept: 'text/html' } });
        assert.ok(body.includes(`value="${style}" disabled>`));
        for (const other of others) assert.ok(body.includes(`value="${other}">`));
        assert.ok(body.includes('There is no broker &lt;here>.'));
      }));
  });
}
