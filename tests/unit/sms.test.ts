import { strict as assert } from 'node:assert';
import { answerOrFault } from '../../adapters/sms.ts';
import { PermanentFault } from '../../domain/steps.ts';
import { invalidNumber } from '../../tools/platform/mailbox/scenarios.ts';

const refusal = (code: number) => JSON.stringify({ code, message: 'because', status: 400 });

function gradeOf(status: number, text: string): 'accepted' | 'undeliverable' | 'permanent' | 'fault' {
  try {
    return 'accepted' in answerOrFault(status, text) ? 'accepted' : 'undeliverable';
  } catch (fault) {
    return fault instanceof PermanentFault ? 'permanent' : 'fault';
  }
}

describe('What an SMS provider answers', () => {
  for (const [what, status, text, grade] of [
    ['a message made', 201, '{"sid":"SM1","status":"queued"}', 'accepted'],
    ['a number that is none', 400, refusal(21211), 'undeliverable'],
    ['a number that has unsubscribed', 400, refusal(21610), 'undeliverable'],
    ['a number that takes no SMS', 400, refusal(21614), 'undeliverable'],
    ['a sender that is not ours', 400, refusal(21606), 'permanent'],
    ['a region that our account may not send to', 400, refusal(21408), 'permanent'],
    ['a 400 without a code', 400, 'Bad Request', 'permanent'],
    ['wrong credentials', 401, refusal(20003), 'permanent'],
    ['an unknown account', 404, refusal(20404), 'permanent'],
    ['the code of a bad number with another status', 403, refusal(21211), 'permanent'],
    ['too many requests', 429, refusal(20429), 'fault'],
    ['a request that took too long', 408, '', 'fault'],
    ['an error of its own', 500, refusal(20500), 'fault'],
    ['that it is down', 503, '<html>down</html>', 'fault'],
    ['the code of a bad number while it is down', 503, refusal(21211), 'fault'],
    // Not known to be sent: better twice than never.
    ['success that is not JSON', 200, 'OK', 'fault'],
    ['success without a message id', 201, '{}', 'fault'],
  ] as const) {
    it(`counts as ${grade} when it says ${what}`, () => assert.equal(gradeOf(status, text), grade));
  }

  it('gives the id of an accepted message, and the reason of a refused one', () => {
    assert.deepEqual(answerOrFault(201, '{"sid":"SM1"}'), { accepted: 'SM1' });
    assert.deepEqual(answerOrFault(400, refusal(21211)), { undeliverable: '21211 because' });
  });

  it('is graded alike when the built-in provider says it', () => {
    const { status, body } = invalidNumber('+15005550001');
    assert.equal(gradeOf(status, JSON.stringify(body)), 'undeliverable');
  });

  it('is shortened in the fault that tells it', () => {
    assert.throws(
      () => answerOrFault(502, 'x'.repeat(100_000)),
      ({ message }: Error) => message.length < 300 && message.startsWith('SMS provider answered 502: x'),
    );
  });
});
