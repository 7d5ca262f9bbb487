/** What the start page says of a signup: what waits, what is in trouble, and how it ended. Its scripts, on a page of the test's own. */
import { strict as assert } from 'node:assert';
import { signupShown, styles, type Signup } from '../../domain/signup.ts';
import type { HistoryEntry } from '../../domain/history.ts';
import { startPage } from '../../http/pages.ts';
import { until } from '../../adapters/waiting.ts';

type Told = { text: string; inTrouble: boolean; ended: boolean };
const asset = (name: string) => import(new URL(`../../http/assets/${name}`, import.meta.url).href);
const { tell } = (await asset('telling.js')) as {
  tell: (signup: Signup, history: readonly Partial<HistoryEntry>[]) => Told;
};

const request = { email: 'ada@example.com', style: 'choreography' } as const;
const known = { status: 'pending', startedAt: '2026-01-01T00:00:00.000Z' } as const;
const pending = signupShown('1', request, known);
const failed = {
  kind: 'retrying',
  step: 'sendEmail welcome',
  attempts: 3,
  detail: '451 4.3.0 Try later',
} as const;
const parked = [{ step: 'sendSms welcome', attempts: 150, lastError: 'SMS provider answered 503' }];

describe('The start page', () => {
  for (const [what, signup, history, expected] of [
    ['that has just begun', pending, [], { text: 'pending, waits for its first messages', inTrouble: false }],
    [
      'that is notified',
      { ...pending, notified: { email: 'sent', sms: 'skipped' } },
      [{ kind: 'waiting', step: 'click' }],
      { text: 'pending, notified (email sent, sms skipped), waits for the click', inTrouble: false },
    ],
    [
      'whose step is tried again',
      pending,
      [failed],
      {
        text: 'in trouble: sendEmail welcome failed 3 times and is tried again, 451 4.3.0 Try later',
        inTrouble: true,
      },
    ],
    [
      'whose step is parked',
      { ...pending, parked },
      [],
      { text: 'in trouble: sendSms welcome is parked after 150 tries, SMS provider', inTrouble: true },
    ],
    [
      'that has ended',
      { ...pending, status: 'undeliverable', outcome: 'undeliverable' },
      [failed],
      { text: 'ada@example.com, choreography: undeliverable.', inTrouble: false },
    ],
  ] as const) {
    it(`says of a signup ${what}: ${expected.text}`, () => {
      const told = tell(signup, history);
      assert.ok(told.text.includes(expected.text), told.text);
      assert.equal(told.inTrouble, expected.inTrouble);
      assert.equal(told.ended, signup.outcome !== null);
    });
  }

  it('says in the list which signups are parked, and why', () => {
    const html = startPage({}, [{ ...pending, parked }, pending], () => undefined);
    assert.equal(html.match(/<span class="trouble">/g)?.length, 1);
    assert.match(html, /sendSms welcome is parked after 150 tries: SMS provider answered 503/);
    assert.match(html, /<button name="style" value="all">/);
  });

  it('signs up in all styles by one button, and follows each to its end without leaving the page', async () => {
    const posted: { email: string; style: string }[] = [];
    const looks = new Map<string, number>();
    const lines: { textContent: string; className: string }[] = [];
    const seen: string[] = [];
    let submit: (event: object) => Promise<void> = async () => {};
    const elements: Record<string, object> = {
      signup: {
        addEventListener: (_: string, listener: typeof submit) => (submit = listener),
        querySelectorAll: () => [
          ...[...styles, 'all'].map((value) => ({ value })),
          { value: 'one that is not here', disabled: true },
        ],
      },
      answer: { appendChild: (line: (typeof lines)[number]) => (lines.push(line), line) },
    };
    const before = { document: globalThis['document' as never], FormData, fetch };
    Object.assign(globalThis, {
      document: {
        getElementById: (id: string) => elements[id],
        createElement: () => ({ textContent: '', className: '' }),
      },
      FormData: class extends Array<[string, string]> {
        constructor() {
          super(['email', 'ada@example.com'], ['phone', ''], ['style', 'all']);
        }
      },
      async fetch(path: string, { body }: { body?: string } = {}) {
        if (body !== undefined) posted.push(JSON.parse(body));
        const id = path.split('/')[1] ?? posted.at(-1)!.style;
        if (path.endsWith('/history')) return Response.json([failed]);
        const count = (looks.get(id) ?? -1) + 1;
        looks.set(id, count);
        for (const { className } of lines) seen.push(className);
        const ended = count > 1 ? { status: 'activated', outcome: 'activated' } : {};
        return Response.json(
          { ...pending, id, style: id, ...ended },
          { status: body === undefined ? 200 : 202 },
        );
      },
    });
    try {
      await asset('start.js');
      await submit({ preventDefault() {}, submitter: {} });
      await until('all to end', () => lines.every(({ textContent }) => textContent.endsWith('activated.')));
    } finally {
      Object.assign(globalThis, before);
    }
    assert.deepEqual(
      posted,
      styles.map((style) => ({ email: `ada+${style}@example.com`, style })),
    );
    assert.equal(lines.length, styles.length);
    assert.ok(seen.includes('trouble'), 'trouble was shown meanwhile');
    assert.ok(lines.every(({ className }) => className === ''));
  });
});
