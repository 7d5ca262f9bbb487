/** `watch`: an event as one line of text. */
import { strict as assert } from 'node:assert';
import { stripVTControlCharacters } from 'node:util';
import { styles } from '../../domain/signup.ts';
import type { FeedEntry } from '../../domain/tracked.ts';
import { eventLine } from '../../tools/cli/watching-commands.ts';

const notedAt = '2026-01-01T12:00:03.000Z';
const event: FeedEntry = {
  id: 1,
  signupId: '6497b800-2649-58ae-b5eb-374d184218e8',
  style: 'choreography',
  step: 'sendEmail reminder-1',
  kind: 'done',
  attempts: 1,
  detail: null,
  at: notedAt,
  notedAt,
  eventId: '1c1d7f0e-6c0b-5b0e-9a53-6f8d2f1a7c11',
  event: 'message.sent',
  causationId: null,
  source: 'notifications',
  group: null,
};
const line = (changed: Partial<FeedEntry>, beganAt?: string) =>
  stripVTControlCharacters(eventLine({ ...event, ...changed }, beganAt, Infinity));
const beginning = (at: string, beganAt?: string) => line({ at }, beganAt).split(event.signupId)[0]!.trimEnd();

describe('An event on a line of `watch`', () => {
  it('shows when it happened in the time of the signup, and how long after its beginning, as `history` does', () => {
    const beganAt = '2026-01-01T12:00:00.000Z';
    assert.equal(beginning(notedAt, beganAt), '2026-01-01 12:00:03Z  +3.00 s       choreography');
    assert.equal(
      beginning('2026-01-03T15:00:03.000Z', beganAt),
      '2026-01-03 15:00:03Z  +2 d 3 h      choreography',
    );
  });

  it('shows when it happened even where it was noted late', () => {
    assert.match(beginning('2026-01-01T11:00:03.000Z'), /^2026-01-01 11:00:03Z  –/);
  });

  it('tells all of it, with the detail', () => {
    const column = 'choreography'.padEnd(Math.max(...styles.map(({ length }) => length)));
    assert.equal(
      line({ kind: 'retrying', attempts: 3, detail: '450 later' }, notedAt),
      `2026-01-01 12:00:03Z  +0.00 s       ${column}  ${event.signupId}  sendEmail reminder-1  ↻ retrying, 3 attempts  450 later`,
    );
  });
});
