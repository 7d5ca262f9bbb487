/** What a lane draws: steps with their words, what must come next, idle time folded, and what was taken back. */
import { strict as assert } from 'node:assert';
import { styles } from '../../../domain/signup.ts';
import { stylesPlayedBy, traits } from '../../../domain/styles.ts';
import { rowsOf } from '../../../web/lane/rows.ts';
import type { Request } from '../../../web/page.ts';
import {
  movedTo,
  signupUnseen,
  withArrival,
  withEntry,
  type Entry,
  type SignupSeen,
} from '../../../web/seen.ts';
import { entryOf } from './entries.ts';

const [style] = stylesPlayedBy('chain');
const start = Date.parse('2026-01-01T00:00:00.000Z');
const hourMs = 3_600_000;
let lastId = 0;

function seen(
  ...steps: [step: string, kind: Entry['kind'], afterMs: number, more?: Partial<Entry>][]
): SignupSeen {
  return steps.reduce(
    (signup, [step, kind, afterMs, more]) => {
      const at = new Date(start + afterMs).toISOString();
      return withEntry(
        signup,
        entryOf({ id: ++lastId, signupId: signup.id, style, step, kind, at, ...more }),
      );
    },
    signupUnseen('one', style, start, 'g-1'),
  );
}

/** The signup with all that the feed told of it in its history as well, and more rows of that. */
function withHistory(signup: SignupSeen, ...more: [step: string, afterMs: number][]): SignupSeen {
  const row = { kind: 'done', attempts: 1, detail: null, source: 'tracker' } as const;
  const told = signup.entries.map(({ step, kind, at }) => ({ ...row, step, kind, at }));
  const added = more.map(([step, afterMs]) => ({
    ...row,
    step,
    at: new Date(start + afterMs).toISOString(),
  }));
  return { ...signup, history: [...told, ...added] };
}

const drawn = (signup: SignupSeen | undefined, afterMs: number, request?: Request) =>
  rowsOf(style, signup, request, start + afterMs);
const inShort = (signup: SignupSeen | undefined, afterMs: number, request?: Request) =>
  drawn(signup, afterMs, request).map(({ title, value }) => `${title}: ${value}`);

const request: Request = {
  style,
  email: 'ada@example.com',
  body: { email: 'ada@example.com', style, group: 'g-1' },
  key: 'key',
  sentAtMs: start,
  repeated: 0,
};

describe('The rows of a lane', () => {
  for (const each of styles) {
    it(`show what would come, without a clock, before anything was started: ${each}`, () => {
      const rows = rowsOf(each, undefined, undefined, start);
      assert.equal(rows[0]?.step, 'openAccount');
      assert.equal(rows.at(-1)?.step, 'click');
      assert.ok(rows.every(({ mark, value }) => mark === 'expected' && value === 'expected'));
    });
  }

  it('count from the request on while its first step is not seen', () => {
    assert.equal(inShort(undefined, 1500, request)[0], 'open: for 1.5 s');
  });

  it('say how long each step took, and what must come next since when', () => {
    const signup = withHistory(seen(['openAccount', 'done', 4], ['sendSms welcome', 'done', 16]));
    const rows = drawn(signup, 2016, request);
    assert.deepEqual(
      rows.slice(0, 4).map(({ title, value }) => `${title}: ${value}`),
      ['open: done', 'mail: for 2.0 s', 'SMS: done 12 ms', 'notified: expected'],
    );
    assert.equal(rows[1]?.sentence, 'send the welcome mail, expected for 2.0 s');
  });

  it('say the same of a signup that was started in another window', () => {
    const signup = withHistory(seen(['openAccount', 'done', 4], ['sendSms welcome', 'done', 16]));
    const unfed = { ...signup, entries: [], steps: new Map() };
    assert.deepEqual(inShort(unfed, 2016), inShort(signup, 2016, request));
  });

  it('show no time of a step whose beginning the history does not tell', () => {
    const signup = seen(['openAccount', 'done', 0], ['sendEmail welcome', 'done', 10]);
    assert.deepEqual(inShort(signup, 20).slice(0, 2), ['open: done', 'mail: done']);
  });

  for (const each of styles) {
    it(`count a step from the one that it really follows: ${each}`, () => {
      const { mechanism, manner } = traits[each];
      const signup = withHistory(
        { ...seen(['openAccount', 'done', 0], ['sendEmail welcome', 'done', 400]), style: each },
        ['sendSms welcome', 500],
        ['recordNotified', 510],
        ['click', 7000],
        ['activateAccount', 7010],
      );
      assert.deepEqual(
        rowsOf(each, signup, undefined, start + 8000)
          .slice(1, 6)
          .map(({ title, value }) => `${title}: ${value}`),
        [
          'mail: done 400 ms',
          manner === 'blocking' ? 'SMS: done 100 ms' : 'SMS: done 500 ms',
          'notified: done 10 ms',
          'click: done 7.0 s',
          // The accounts service keeps of the click what came of it only.
          mechanism === 'workflow' ? 'activate: done 10 ms' : 'activate: done',
        ],
      );
    });
  }

  it('say how often a step was tried, why, and when it is tried again', () => {
    const signup = seen(
      ['openAccount', 'done', 0],
      ['sendEmail welcome', 'retrying', 1000, { attempts: 3, detail: '451 try later' }],
    );
    const mail = drawn(signup, 2000).find(({ step }) => step === 'sendEmail welcome');
    assert.equal(mail?.value, 'tried 3×');
    assert.equal(mail?.sentence, 'send the welcome mail, tried 3 times, next in 3.0 s, 451 try later');
    assert.equal(mail?.share, 0.25);
  });

  it('wait for the click in the time of the signup', () => {
    const signup = seen(['openAccount', 'done', 0], ['sendEmail welcome', 'done', 10]);
    const waiting = (one: SignupSeen) => drawn(one, 1000).find(({ step }) => step === 'click');
    assert.equal(waiting(signup)?.mark, 'waiting');
    assert.equal(waiting(signup)?.value, '6 d 23 h left');
    assert.equal(waiting(movedTo(signup, 24 * hourMs))?.value, '5 d 23 h left');
  });

  it('fold idle time, and show a reminder once it has come', () => {
    const signup = seen(
      ['openAccount', 'done', 0],
      ['sendEmail welcome', 'done', 10],
      ['sendSms welcome', 'done', 12],
      ['recordNotified', 'done', 20],
      ['sendEmail reminder-1', 'done', 24 * hourMs + 1000],
    );
    const rows = drawn(movedTo(signup, 24 * hourMs), 2000);
    assert.deepEqual(
      rows.map(({ title, idle }) => [title, idle]),
      [
        ['open', null],
        ['mail', null],
        ['SMS', null],
        ['notified', null],
        ['reminder 1', '1 d later'],
        ['click', null],
      ],
    );
  });

  it('draw a compensation, and what it takes back', () => {
    const signup = seen(
      ['openAccount', 'done', 0],
      ['sendEmail welcome', 'refused', 10, { detail: '550 5.1.1 no such user' }],
      ['closeAccount undeliverable', 'done', 20],
    );
    const rows = drawn(signup, 100);
    assert.equal(rows.find(({ step }) => step === 'openAccount')?.isTakenBack, true);
    assert.equal(rows.find(({ step }) => step.startsWith('closeAccount'))?.mark, 'compensation');
    assert.equal(
      rows.find(({ step }) => step === 'click'),
      undefined,
    );
  });

  it('say that a message arrived twice', () => {
    const signup = ['1', '2'].reduce(
      (one, id) => withArrival(one, { id, step: 'sendEmail welcome', receivedAtMs: start }),
      seen(['openAccount', 'done', 0], ['sendEmail welcome', 'done', 10]),
    );
    const mail = drawn(signup, 100).find(({ step }) => step === 'sendEmail welcome');
    assert.equal(mail?.times, 2);
    assert.match(mail?.sentence ?? '', /arrived 2 times/);
  });

  it('take from the history what the feed does not tell: what is running', () => {
    const signup: SignupSeen = {
      ...seen(['openAccount', 'done', 0]),
      history: [
        {
          step: 'sendEmail welcome',
          kind: 'running',
          attempts: 1,
          at: new Date(start + 100).toISOString(),
          detail: null,
          source: 'pending',
        },
      ],
    };
    assert.ok(inShort(signup, 3100).includes('mail: running 3.0 s'));
  });

  it('show a step that they do not know by its name', () => {
    assert.ok(
      inShort(seen(['openAccount', 'done', 0], ['teleport', 'done', 5]), 10).includes('teleport: done'),
    );
  });
});
