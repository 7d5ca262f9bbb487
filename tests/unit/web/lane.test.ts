/** What the box at the head of a lane says: what the caller was answered, who asked, and how the signup ended. */
import { strict as assert } from 'node:assert';
import { h } from '../../../web/components/h.ts';
import { render } from '../../../web/components/render.ts';
import { Answer } from '../../../web/lane/lane.ts';
import { wordsOfPurpose, wordsOfStep } from '../../../web/lane/words.ts';
import type { Request } from '../../../web/page.ts';
import { signupUnseen, type SignupSeen } from '../../../web/seen.ts';

const style = 'choreography';
const signup = signupUnseen('one', style, 0, 'g-1');
const request: Request = {
  style,
  email: 'ada@example.com',
  body: { email: 'ada@example.com', style, group: 'g-1' },
  key: 'key',
  sentAtMs: 0,
  repeated: 0,
  answer: { status: 202, afterMs: 40, problem: null },
};
const said = (asked: Request | undefined, seen: SignupSeen | undefined) =>
  render(h(Answer, { request: asked, signup: seen, nowMs: 100, onRepeat: () => {} }))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

describe('The box of an answer', () => {
  it('says how to start where there is no signup', () => {
    assert.equal(said(undefined, undefined), 'press s or Start');
  });

  it('says that somebody else asked where this page did not', () => {
    assert.equal(said(undefined, signup), 'asked elsewhere');
  });

  it('says nothing of an end before there is one', () => {
    assert.equal(said(request, { ...signup, status: 'pending' }), '202 40 ms answered');
  });

  for (const status of ['expired', 'undeliverable', 'cancelled', 'activated', 'refused'] as const) {
    it(`says how the signup ended, whoever asked: ${status}`, () => {
      assert.equal(said(request, { ...signup, status }), `202 40 ms answered ${status}`);
      assert.equal(said(undefined, { ...signup, status }), `asked elsewhere ${status}`);
    });
  }
});

describe('The words of a message', () => {
  it('are the same for a reminder in a lane and in the inbox', () => {
    assert.equal(wordsOfPurpose('reminder-1'), wordsOfStep('sendEmail reminder-1').title);
  });
});
