import { strict as assert } from 'node:assert';
import { letter } from '../../activities/letters.ts';
import type { Reminder } from '../../domain/process.ts';

describe('A reminder', () => {
  const subjectOf = (purpose: Reminder, isLast?: boolean) =>
    letter({
      signupId: 'any',
      email: 'ada@example.com',
      verificationLink: 'http://any',
      purpose,
      ...(isLast === undefined ? {} : { isLast }),
    }).subject;

  it('says that it is the last where it is, whichever it is', () => {
    for (const purpose of ['reminder-1', 'reminder-2', 'reminder-3'] as const) {
      assert.match(subjectOf(purpose, true), /^Last reminder/);
      assert.doesNotMatch(subjectOf(purpose, false), /last/i);
    }
  });

  it('is the last where it is the second and its caller does not say: at first there were two', () => {
    assert.match(subjectOf('reminder-2'), /^Last reminder/);
    assert.doesNotMatch(subjectOf('reminder-1'), /last/i);
  });
});
