/** `watch`: an event as one line of text, with both clocks. */
import { strict as assert } from 'node:assert';
import { stripVTControlCharacters } from 'node:util';
import type { StepEvent } from '../../cli/events.ts';
import { eventLine } from '../../cli/watching-commands.ts';

const notedAt = '2026-01-01T12:00:03.000Z';
const event: StepEvent = {
  id: 1,
  signupId: '6497b800-2649-58ae-b5eb-374d184218e8',
  style: 'choreography',
  step: 'sendEmail reminder-1',
  kind: 'done',
  attempts: 1,
  detail: null,
  at: notedAt,
  notedAt,
};
const beginning = (at: string) =>
  stripVTControlCharacters(eventLine({ ...event, at }, Infinity))
    .split(event.signupId)[0]!
    .trimEnd();

describe('An event on a line of `watch`', () => {
  it("shows the clock, and the signup's own time beside it where that was moved", () => {
    assert.equal(beginning(notedAt), '12:00:03Z  choreography');
    assert.equal(beginning('2026-01-03T15:00:03.000Z'), '12:00:03Z  +2 d 3 h    choreography');
    assert.equal(beginning('2026-01-31T11:00:03.000Z'), '12:00:03Z  +29 d 23 h  choreography');
  });

  it('shows one time where the two differ by what it took to note the event, or where that was late', () => {
    assert.equal(beginning('2026-01-01T12:00:02.900Z'), '12:00:03Z  choreography');
    assert.equal(beginning('2026-01-01T12:00:04.000Z'), '12:00:03Z  choreography');
    assert.equal(beginning('2026-01-01T11:00:03.000Z'), '12:00:03Z  choreography');
  });

  it('tells all of it, with the detail', () => {
    const line = eventLine({ ...event, kind: 'retrying', attempts: 3, detail: '450 later' }, Infinity);
    assert.equal(
      stripVTControlCharacters(line),
      `12:00:03Z  choreography   ${event.signupId}  sendEmail reminder-1  ↻ retrying, 3 attempts  450 later`,
    );
  });
});
