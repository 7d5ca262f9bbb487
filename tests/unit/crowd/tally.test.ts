/** What is counted of a crowd, and how answers are understood. */
import { strict as assert } from 'node:assert';
import { answerOf } from '../../../crowd/asking.ts';
import { openTally } from '../../../crowd/tally.ts';
import { CrowdState, noCrowd } from '../../../domain/crowd.ts';
import { styles } from '../../../domain/signup.ts';

const [one, other] = styles;
const problem = (kind: string, title: string) => JSON.stringify({ type: `urn:duet:problem:${kind}`, title });

describe('What a crowd has seen', () => {
  it('is nothing before the first one', () => {
    assert.deepEqual({ ...noCrowd, ...openTally().shown() }, noCrowd);
    CrowdState.parse(noCrowd);
  });

  it('is counted by style, with times of all answers, also of those that are none', () => {
    const tally = openTally();
    for (const style of [one, one, one, other]) tally.asked(style);
    tally.answered(one, 'accepted', 10.4);
    tally.answered(one, { failed: 'left after 15 s without an answer' }, 15_000);
    tally.answered(other, 'refused', 30);
    tally.clicked(one);
    const { asked, answered, byStyle } = tally.shown();
    assert.deepEqual([asked, answered], [4, 3]);
    assert.deepEqual(byStyle[one], {
      asked: 3,
      accepted: 1,
      refused: 0,
      failed: 1,
      clicked: 1,
      p50Ms: 10,
      p99Ms: 15_000,
      lastFailure: 'left after 15 s without an answer',
    });
    assert.deepEqual([byStyle[other].refused, byStyle[other].p50Ms], [1, 30]);
  });
});

describe('An answer to a customer', () => {
  for (const [status, text, understood] of [
    [201, '{}', 'accepted'],
    [202, '{}', 'accepted'],
    [409, problem('email-taken', 'The e-mail address is taken'), 'refused'],
    [422, problem('undeliverable', 'The e-mail address cannot be reached'), 'refused'],
    [422, problem('key-reused', 'The key is taken'), { failed: '422 The key is taken' }],
    [503, problem('exhausted', 'No thread is free'), { failed: '503 No thread is free' }],
    [502, '<html>', { failed: '502 no problem was named' }],
  ] as const) {
    it(`of ${status} ${text} is understood`, () => assert.deepEqual(answerOf(status, text), understood));
  }
});
