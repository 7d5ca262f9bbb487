/**
 * Whatever may be sent: it is never our error, and what is refused leaves nothing behind. The seed is random and part of every
 * failure; `FUZZ_SEED=… npm test -- tests/http/fuzz.test.ts` plays the same again.
 */
import { strict as assert } from 'node:assert';
import { randomInt, randomUUID } from 'node:crypto';
import { WorkflowNotFoundError } from '@temporalio/client';
import fc from 'fast-check';
import { styles } from '../../domain/signup.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { uniqueEmail, uniquePhone, idOf } from '../client.ts';
import { databaseOf, temporalClient } from '../inside.ts';
import { askWhile, exchange, type Exchanged } from './exchange.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? randomInt(2 ** 31));

/** Text that is somebody's: any characters, also those that mail headers, SQL, HTML and templates read as theirs. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.mixedCase(
    fc.constantFrom("' or 1=1 --", '\r\nBcc: eve@example.com', '<b>', '{{x}}', '${x}', '\u0000', '__proto__'),
  ),
);
/** Mostly good, so that one bad field is seen beside good ones; else any text, or no text at all. */
const mostly = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: usual },
    { weight: 2, arbitrary: text },
    { weight: 1, arbitrary: fc.jsonValue() },
  );
const generated = (make: () => string) => fc.constant(null).map(() => make());

const email = fc.oneof(generated(uniqueEmail), fc.emailAddress());
const phone = generated(uniquePhone);
const name = fc.constantFrom('Ada Lovelace', 'Đặng Thị Hà', "Sinéad O'Connor-Ní Bhriain", '李小龍');
const playedBy = fc.constantFrom(...styles);

const group = fc.constantFrom('g', 'ada-17_x');

const good = fc.record({ email, phone, name, style: playedBy, group }, { requiredKeys: ['email', 'style'] });
const request = fc.record(
  {
    email: mostly(email),
    phone: mostly(phone),
    name: mostly(name),
    style: mostly(playedBy),
    group: mostly(group),
  },
  { requiredKeys: [] },
);
const withMore = fc
  .tuple(request, fc.dictionary(text, fc.jsonValue(), { maxKeys: 2, noNullPrototype: true }))
  .map(([fields, more]) => ({ ...fields, ...more }));
/** The body as it is sent: a request, any JSON, JSON cut short, or no JSON at all. */
const body = fc.oneof(
  { weight: 2, arbitrary: good.map((value) => JSON.stringify(value)) },
  { weight: 5, arbitrary: request.map((value) => JSON.stringify(value)) },
  { weight: 3, arbitrary: withMore.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  {
    weight: 1,
    arbitrary: fc.tuple(request, fc.nat(60)).map(([value, length]) => JSON.stringify(value).slice(0, length)),
  },
  { weight: 1, arbitrary: text },
);
const contentType = fc.oneof(
  { weight: 9, arbitrary: fc.constant('application/json') },
  { weight: 1, arbitrary: fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'a/b;c', 'x') },
);

const taken = new Set([201, 202]);
const refused = new Set([400, 409, 413, 415, 422]);
/** What a busy machine did not take in time is asked for again: a signup with its key. */
const isLate = ({ status }: Exchanged) => status === 503;

/** Declares the tests, with so many requests each. */
export function fuzzed(requests: number): void {
  describe('POST /signups', () => {
    it('is never our error, and stores nothing of what it refuses', async () => {
      const statuses = new Map<number, number>();
      await fc.assert(
        fc.asyncProperty(body, contentType, async (sent, type) => {
          const key = randomUUID();
          const headers = { 'content-type': type, 'idempotency-key': key };
          const answer = await askWhile(
            isLate,
            () => exchange('POST', '/signups', { body: sent, headers }),
            5_000,
          );
          statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
          const isTaken = taken.has(answer.status);
          assert.ok(isTaken || refused.has(answer.status), `it answered ${answer.status}`);
          // What is taken by somebody else is a refusal of the process, not of the request: that is kept.
          if (!isTaken && answer.status !== 409) await assertNothingStored(key);
        }),
        { seed, numRuns: requests, endOnFailure: false },
      );
      for (const status of [202, 400, 415])
        assert.ok(statuses.has(status), `seed ${seed}: ${JSON.stringify([...statuses])}`);
    }).timeout(600_000);

    it('refuses a key that is none, whatever it is, and takes any other', async () => {
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary-ascii', maxLength: 300 }), async (key) => {
          // What no client can send in a header is not for us to refuse.
          const sent = key.replaceAll(/[^\x20-\x7e\t]/g, '~');
          const posted = { body: { email: uniqueEmail(), style: 'choreography' } };
          const answer = await askWhile(
            isLate,
            () => exchange('POST', '/signups', { ...posted, headers: { 'idempotency-key': sent } }),
            5_000,
          );
          const isKey = /^[\x21-\x7e]{1,255}$/.test(sent.replaceAll(/^[ \t]+|[ \t]+$/g, ''));
          assert.ok(isKey ? [202, 422].includes(answer.status) : answer.status === 400, `${answer.status}`);
        }),
        { seed, numRuns: requests },
      );
    }).timeout(600_000);
  });

  describe('Any path', () => {
    it('is never our error', async () => {
      const paths = fc
        .tuple(
          fc.constantFrom(
            '/signups/',
            '/signups?',
            '/verify/',
            '/events?after=',
            '/mailbox?',
            '/sources/',
            '/sources/orchestration/',
            '/health/ready?',
            '/',
          ),
          fc.string({ unit: 'binary-ascii', maxLength: 80 }),
        )
        .map(([path, rest]) => `${path}${encodeURI(rest).replaceAll('#', '%23')}`)
        // A stream that begins does not end.
        .filter((path) => !/^\/events\?after=(\d+)?(&|$)/.test(path));
      await fc.assert(
        fc.asyncProperty(paths, fc.constantFrom('GET', 'POST'), async (path, method) => {
          const { status } = await askWhile(isLate, () => exchange(method, path), 5_000);
          assert.ok(status < 500, `${method} ${path} answered ${status}`);
        }),
        { seed, numRuns: requests },
      );
    }).timeout(600_000);
  });
}

/** Neither row nor workflow of a key, in whichever style. */
async function assertNothingStored(key: string): Promise<void> {
  const ids = styles.map((style) => idOf(style, key));
  const { rows } = await databaseOf('accounts').query<{ found: number }>(
    `select ((select count(*) from accounts where signup_id = any($1)) + (select count(*) from requests where signup_id = any($1))
           + (select count(*) from outbox where signup_id = any($1)))::int as found`,
    [ids],
  );
  assert.equal(rows[0]?.found, 0, 'rows of the accounts service');
  for (const id of ids) {
    const describing = temporalClient().workflow.getHandle(workflowId(id)).describe();
    await assert.rejects(describing, WorkflowNotFoundError);
  }
}
