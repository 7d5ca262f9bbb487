/** What a request is told of its mistakes: in the words of the product, field by field. */
import { strict as assert } from 'node:assert';
import type { z } from 'zod';
import { SignupRequest, styles } from '../../domain/signup.ts';
import { parseOr400, Problem } from '../../http/problems.ts';
import { eventsHeader, eventsQuery, FastForward, listQuery, mailboxQuery } from '../../http/schemas.ts';

function complaints(schema: z.ZodType, value: unknown): Problem {
  try {
    parseOr400(schema, value);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(value)} was taken`);
}

const oneOfStyles = `one of ${styles.join(', ')}`;

describe('A request with a mistake', () => {
  it('is told what is missing, and what would do', () => {
    const { message, errors } = complaints(SignupRequest, { email: 'ada@example.com' });
    assert.equal(message, `style is missing: ${oneOfStyles}`);
    assert.deepEqual(errors, [{ field: 'style', message: `is missing: ${oneOfStyles}` }]);
    assert.equal(
      complaints(SignupRequest, {}).message,
      `email is missing: an e-mail address such as ada@example.com; style is missing: ${oneOfStyles}`,
    );
    assert.equal(complaints(SignupRequest, undefined).message, 'body is missing: a JSON object');
    assert.equal(complaints(FastForward, {}).message, 'by is missing: a duration such as 90m, 24h or 7d');
  });

  it('is told which field is not known', () => {
    const wrong = { email: 'ada@example.com', style: 'choreography', stile: 1 };
    assert.equal(complaints(SignupRequest, wrong).message, 'stile is not a known field');
  });

  const bad = ['', 'x'.repeat(300), 7, true, null, [], {}, ['a', 'b'], Number.NaN];
  for (const [name, schema, fields] of [
    ['a signup', SignupRequest, ['email', 'phone', 'name', 'style']],
    ['the list', listQuery, ['style', 'status', 'limit', 'cursor']],
    ['the mailbox', mailboxQuery, ['to', 'limit']],
    ['the feed', eventsQuery, ['after']],
    ['the feed by header', eventsHeader, ['Last-Event-ID']],
    ['a fast-forward', FastForward, ['by']],
  ] as const) {
    it(`never hears a library's words: ${name}`, () => {
      // A query is always an object, a body is whatever was sent.
      const isBody = schema === SignupRequest || schema === FastForward;
      const values = [
        ...(isBody ? bad : []),
        ...fields.flatMap((field) => bad.map((value) => ({ [field]: value }))),
      ];
      for (const value of values) {
        const parsed = schema.safeParse(value);
        if (parsed.success) continue;
        for (const { message } of complaints(schema, value).errors ?? [])
          assert.match(message, /^(expected (an?|one|at most|the) |is )/, JSON.stringify(value));
      }
    });
  }

  const cursor = (startedAt: unknown, id = '9b2c2f4e-18a1-8a34-9c2b-0d4f1d2d6f10') =>
    Buffer.from(JSON.stringify([startedAt, id])).toString('base64url');

  it('is told of a cursor that the database could not read', () => {
    const good = '2026-11-28T19:00:00.123Z';
    assert.ok(listQuery.safeParse({ cursor: cursor(good) }).success);
    for (const startedAt of [
      '0000-01-01T00:00:00.000Z',
      '2026-02-30T00:00:00.000Z',
      `2026-11-28T19:00:00.${'1'.repeat(300)}Z`,
      '2026-11-28T19:00:60.000Z',
      '+10000-01-01T00:00:00.000Z',
      '2026-11-28T19:00:00.123Z\0',
      'now',
    ])
      assert.match(complaints(listQuery, { cursor: cursor(startedAt) }).message, /^cursor: expected the/);
    assert.match(complaints(listQuery, { cursor: cursor(good, '1') }).message, /^cursor/);
  });
});
