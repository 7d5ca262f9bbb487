/** Histories on a terminal, as text: what is in which line, and how wide it gets. */
import { strict as assert } from 'node:assert';
import { stripVTControlCharacters } from 'node:util';
import { alignedSteps, historyTable, sideBySide } from '../../tools/cli/history-table.ts';
import { between, shortened, wrap } from '../../tools/cli/terminal.ts';
import type { HistoryEntry } from '../../domain/history.ts';

const began = Date.parse('2026-01-01T12:00:00.000Z');
const signup = {
  id: '6497b800-2649-58ae-b5eb-374d184218e8',
  style: 'choreography',
  status: 'pending',
  startedAt: new Date(began).toISOString(),
} as const;
const other = { ...signup, id: '69e4d475-d398-50b0-9901-46730de09996', style: 'orchestration' } as const;

const entry = (step: string, afterMs: number, more: Partial<HistoryEntry> = {}): HistoryEntry => ({
  at: new Date(began + afterMs).toISOString(),
  kind: 'done',
  step,
  attempts: 1,
  detail: null,
  source: 'tracker',
  ...more,
});
const linesOf = (text: string) => stripVTControlCharacters(text).split('\n');

describe('Two histories side by side', () => {
  const left = [
    entry('openAccount', 0),
    entry('sendSms welcome', 31),
    entry('sendEmail welcome', 45, { attempts: 3 }),
    entry('click', 50, { kind: 'waiting', source: 'accounts' }),
  ];
  const right = [
    entry('openAccount', 0, { source: 'history' }),
    entry('sendEmail welcome', 92, { kind: 'refused', detail: '550 5.1.1 no such user', source: 'history' }),
    entry('closeAccount undeliverable', 130, { source: 'history' }),
    entry('sendSms welcome', 140, {
      kind: 'parked',
      attempts: 150,
      detail: 'x'.repeat(90),
      source: 'pending',
    }),
  ];
  const lines = linesOf(sideBySide({ signup, history: left }, { signup: other, history: right }, 100));

  it('have each step of both in one line, those of one style only beside a dot', () => {
    const line = (step: string) =>
      lines
        .find((each) => each.startsWith(step))!
        .split('│')
        .map((cell) => cell.trim());
    assert.deepEqual(line('openAccount'), ['openAccount', '+0.00 s     ✔ done', '+0.00 s     ✔ done']);
    assert.deepEqual(line('sendEmail welcome'), [
      'sendEmail welcome',
      '+0.04 s     ✔ done, 3 attempts',
      '+0.09 s     ✗ refused',
    ]);
    assert.deepEqual(line('closeAccount'), ['closeAccount undeliverable', '·', '+0.13 s     ✔ done']);
    assert.deepEqual(line('click'), ['click', '+0.05 s     … waiting', '·']);
  });

  it('stay within 100 columns, long reasons wrapped', () => {
    assert.deepEqual(
      lines.filter((line) => line.length > 100),
      [],
    );
    assert.equal(lines.join('').match(/x/g)?.length, 90);
  });

  it('name both signups in full, their styles and where each was read', () => {
    assert.match(lines[0]!, /^choreography +6497b800-2649-58ae-b5eb-374d184218e8 +pending/);
    assert.match(lines[1]!, /^orchestration +69e4d475-d398-50b0-9901-46730de09996 +pending/);
    assert.match(lines.at(-1)!, /read from: tracker, accounts +│ read from: history, pending$/);
  });

  it('keep the order of the left one, and put what only the right one has after what preceded it there', () => {
    assert.deepEqual(
      alignedSteps(left, right).map(({ name }) => name),
      ['openAccount', 'sendSms welcome', 'sendEmail welcome', 'closeAccount undeliverable', 'click'],
    );
  });

  it('show a step that is there twice twice', () => {
    const twice = alignedSteps([entry('click', 0), entry('click', 1)], [entry('click', 2)]);
    assert.deepEqual(
      twice.map(({ left: l, right: r }) => [l !== undefined, r !== undefined]),
      [
        [true, true],
        [true, false],
      ],
    );
  });

  it('may both be empty', () => {
    assert.match(sideBySide({ signup, history: [] }, { signup: other, history: [] }, 100), /nothing yet/);
  });
});

describe('A history', () => {
  it('has a line per step with attempts, source and reason, and lets no reason act on the terminal', () => {
    const history = [
      entry('sendEmail welcome', 4000, { kind: 'retrying', attempts: 4, detail: 'no\u001B[2J\r\nanswer' }),
    ];
    const text = historyTable({ signup, history }, 100);
    assert.match(
      stripVTControlCharacters(text),
      /sendEmail welcome +↻ retrying +\+4\.00 s +4 +tracker +no answer$/,
    );
    assert.doesNotMatch(text, /\[2J|\r/);
  });
});

describe('What a terminal shows', () => {
  it('of the time between two moments is two units', () => {
    const after = (seconds: number) =>
      between(signup.startedAt, new Date(began + seconds * 1000).toISOString());
    assert.deepEqual([0.031, 59.5, 61, 3600 * 5 + 600, 86_400 * 3 + 3600].map(after), [
      '+0.03 s',
      '+59.50 s',
      '+1 min 1 s',
      '+5 h 10 min',
      '+3 d 1 h',
    ]);
  });

  it('is broken at spaces, and cut by characters', () => {
    assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
    assert.deepEqual(wrap('onetwothree', 4), ['onet', 'woth', 'ree']);
    assert.equal(shortened('👩‍💻👩‍💻👩‍💻', 2), '👩‍💻…');
  });
});
