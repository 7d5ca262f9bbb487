/** How the tracker reads on: rows that are committed out of turn, and what an event says of a step. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { accountsReactions } from '../../choreography/accounts.ts';
import { notificationsReactions } from '../../choreography/notifications.ts';
import { eventSchemas, withoutReaction, type EventKey } from '../../domain/events.ts';
import { advance, settledUpTo, type Cursor } from '../../tracking/cursor.ts';
import { isInOrder, observationIn, type ToldRow } from '../../tracking/steps.ts';

const beginning: Cursor = { end: 0, missing: [] };

describe('Reading on in a list', () => {
  it('takes every row once, in whatever order they are committed, and whatever is put back', () => {
    const plan = fc.record({
      order: fc.shuffledSubarray(Array.from({ length: 30 }, (_, index) => index + 1)),
      passes: fc.array(fc.record({ committed: fc.nat(8), taken: fc.float({ min: 0, max: 1 }) })),
    });
    fc.assert(
      fc.property(plan, ({ order, passes }) => {
        const uncommitted = [...order];
        const there = new Set<number>();
        const taken: number[] = [];
        let cursor = beginning;
        for (const { committed, taken: share } of [...passes, { committed: 30, taken: 1 }]) {
          for (const number of uncommitted.splice(0, committed)) there.add(number);
          const found = [...there]
            .filter((number) => number > cursor.end || isMissing(cursor, number))
            .toSorted((one, other) => one - other);
          const now = found.filter((_, index) => share === 1 || (index * 7919) % 100 < share * 100);
          taken.push(...now);
          cursor = advance(cursor, now, 0);
          const settled = settledUpTo(cursor);
          assert.ok([...there].every((number) => number > settled || taken.includes(number)));
        }
        assert.deepEqual(
          taken.toSorted((one, other) => one - other),
          order.toSorted((one, other) => one - other),
        );
      }),
    );
  });

  it('gives up, after a minute, numbers that were never committed', () => {
    const cursor = advance(advance(beginning, [1, 5], 0), [], 59_000);
    assert.deepEqual([settledUpTo(cursor), cursor.missing], [1, [{ from: 2, to: 4, since: 0 }]]);
    const later = advance(cursor, [3], 60_001);
    assert.deepEqual([settledUpTo(later), later.missing], [5, []]);
  });
});

function isMissing({ missing }: Cursor, number: number): boolean {
  return missing.some(({ from, to }) => from <= number && number <= to);
}

describe('What is told', () => {
  const row: ToldRow = {
    id: 'event',
    signupId: 'signup',
    style: 'choreography',
    type: null,
    channel: null,
    purpose: null,
    step: null,
    kind: null,
    attempts: 1,
    detail: null,
    at: '2026-01-01T00:00:00.000Z',
    causationId: null,
    group: null,
  };
  const cases: [told: Partial<ToldRow>, seen: string][] = [
    [{ type: 'account.opened' }, 'openAccount done null'],
    [{ type: 'account.refused', detail: 'it is taken' }, 'openAccount refused it is taken'],
    [{ type: 'account.closed', detail: 'expired' }, 'closeAccount expired done null'],
    [
      { type: 'message.undeliverable', channel: 'email', purpose: 'welcome', detail: '550 5.1.1' },
      'sendEmail welcome refused 550 5.1.1',
    ],
    [
      { type: 'message.skipped', channel: 'sms', purpose: 'welcome', detail: 'no phone' },
      'sendSms welcome skipped no phone',
    ],
    [{ type: 'message.sent', channel: 'email', purpose: 'reminder-2' }, 'sendEmail reminder-2 done null'],
  ];
  for (const [told, expected] of cases) {
    it(`says “${expected}” by ${told.type}`, () => {
      const seen = observationIn({ ...row, ...told })!;
      assert.equal(`${seen.step} ${seen.kind} ${seen.detail}`, expected);
    });
  }

  it('says nothing of a step by other events, known or not', () => {
    for (const type of ['timer.due', 'account.left-unverified', 'resume.requested', 'step.observed', 'a.b'])
      assert.equal(observationIn({ ...row, type }), undefined, type);
  });

  it('is shown after what it follows', () => {
    const observed = (step: string) => observationIn({ ...row, step, kind: 'done' })!;
    const over =
      (...steps: string[]) =>
      (step: string) =>
        steps.includes(step);
    assert.ok(isInOrder(observed('openAccount'), over()));
    assert.ok(!isInOrder(observed('sendEmail welcome'), over()));
    assert.ok(!isInOrder(observed('recordNotified'), over('openAccount', 'sendEmail welcome')));
    assert.ok(isInOrder(observed('recordNotified'), over('sendSms welcome', 'sendEmail welcome')));
  });
});

describe('The facts without a reaction', () => {
  it('are those that no service listens to', () => {
    const reactions = [...accountsReactions, ...notificationsReactions];
    const heard = new Set(reactions.flatMap(({ on }) => on));
    assert.deepEqual(
      withoutReaction.filter((key) => heard.has(key)),
      [],
    );
    const types = Object.keys(eventSchemas).filter((type) => type.startsWith('account')) as EventKey[];
    const keys = new Set([...types, ...withoutReaction, ...heard]);
    assert.deepEqual([...keys].filter((key) => !heard.has(key)).toSorted(), withoutReaction.toSorted());
    assert.equal(withoutReaction.filter((key) => /^(email|sms)\./.test(key)).length, 17);
  });
});
