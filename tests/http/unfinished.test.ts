/** A request that has not come to its end: what its caller is told to do depends on what was asked for. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { Unfinished } from '../../domain/coordinator.ts';
import { forEachStyle, stylesPlayedBy } from '../../domain/styles.ts';
import { signupIdOf, verificationToken } from '../../domain/tokens.ts';
import { bareCoordinator, bareParts, withParts } from './bare-app.ts';
import { assertProblem, exchange, type Exchanged } from './exchange.ts';

const [style] = stylesPlayedBy('calls');
const unfinished = () => Promise.reject(new Unfinished('the mail server answered 451'));
const coordinators = forEachStyle(() => ({ ...bareCoordinator, start: unfinished, click: unfinished }));
const rest = 'what was done stays done, and the rest is tried again.';

describe('What is not finished', () => {
  it('is repeated with the same Idempotency-Key, where it is a signup', () =>
    withParts({ coordinators }, async (url) => {
      const body = { email: 'ada@example.com', style };
      const headers = { 'idempotency-key': randomUUID() };
      const answer = await exchange('POST', '/signups', { url, headers, body });
      assertUnfinished(answer, `Repeat it with the same Idempotency-Key: ${rest}`);
    }));

  it('is repeated with the Idempotency-Key that was made for it, where it had none', () =>
    withParts({ coordinators }, async (url) => {
      const answer = await exchange('POST', '/signups', { url, body: { email: 'ada@example.com', style } });
      const { 'idempotency-key': made } = answer.headers;
      assertUnfinished(answer, `Repeat it with the Idempotency-Key ${made}: ${rest}`);
      assert.match(made ?? '', /^[0-9a-f-]{36}$/);
    }));

  it('is repeated as it is, where it is a click', () =>
    withParts({ coordinators }, async (url) => {
      const { verificationKey: key } = bareParts;
      const token = verificationToken(signupIdOf(style, randomUUID(), key), key);
      assertUnfinished(await exchange('POST', `/verify/${token}`, { url }), `Repeat it: ${rest}`);
    }));
});

function assertUnfinished(answer: Exchanged, detail: string): void {
  const problem = assertProblem(answer, { status: 503, kind: 'unfinished', title: 'Not finished' });
  assert.equal(problem.detail, detail);
  assert.equal(answer.headers['retry-after'], '2');
}
