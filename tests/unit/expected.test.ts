/** What must come next of a signup: compared with every history that was recorded, and played to its end in every order. */
import { strict as assert } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import fc from 'fast-check';
import { readEvents } from '../../coordinators/workflow/history-events.ts';
import { expectedSteps, type ExpectedStep, type SeenStep } from '../../domain/expected.ts';
import { skippedBecause, type EntryKind } from '../../domain/history.ts';
import { later, reminders, stepsFor, verifyBy } from '../../domain/process.ts';
import { styles } from '../../domain/signup.ts';
import { stylesPlayedBy, traits } from '../../domain/styles.ts';

const { History } = proto.temporal.api.history.v1;
const histories = new URL('../workflow/histories/', import.meta.url);
const openedAt = '2026-01-01T12:00:00.000Z';
const soon = later(openedAt, 1000);

const seen = (step: string, kind: EntryKind = 'done', detail: string | null = null): SeenStep => ({
  step,
  kind,
  at: openedAt,
  detail,
});
const welcomed = [seen('openAccount'), ...stepsFor('welcome').map((step) => seen(step))];
/** What is expected, as one text each: what waits for something else in brackets. */
const textOf = ({ step, isNext }: ExpectedStep) => (isNext ? step : `(${step})`);
const [chain] = stylesPlayedBy('chain');
const blocking = styles.find((style) => traits[style].manner === 'blocking')!;
const reactive = styles.find((style) => traits[style].manner === 'reactive')!;
const allReminders = reminders.map(({ purpose }) => `(sendEmail ${purpose})`);

describe('What must come next', () => {
  const cases: [what: string, style: typeof chain, steps: SeenStep[], at: string, expected: string[]][] = [
    [
      'at first is all that goes well',
      chain,
      [],
      soon,
      [
        'openAccount',
        '(sendEmail welcome)',
        '(sendSms welcome)',
        '(recordNotified)',
        ...allReminders,
        '(click)',
      ],
    ],
    [
      'of an open account are both messages at once',
      chain,
      [seen('openAccount')],
      soon,
      ['sendEmail welcome', 'sendSms welcome', '(recordNotified)', ...allReminders, 'click'],
    ],
    [
      'is one after the other where a thread stands still',
      blocking,
      [seen('openAccount')],
      soon,
      ['sendEmail welcome', '(sendSms welcome)', '(recordNotified)', ...allReminders, 'click'],
    ],
    [
      'waits for a step that is tried again',
      chain,
      [...welcomed.slice(0, 1), seen('sendEmail welcome', 'retrying'), seen('sendSms welcome')],
      soon,
      ['(recordNotified)', ...allReminders, 'click'],
    ],
    [
      'is a reminder once it is due',
      chain,
      [...welcomed, seen('recordNotified')],
      later(openedAt, reminders[0].afterMs),
      ['sendEmail reminder-1', ...allReminders.slice(1), 'click'],
    ],
    [
      'is to close the account at its deadline',
      chain,
      [
        ...welcomed,
        seen('recordNotified'),
        ...reminders.map(({ purpose }) => seen(`sendEmail ${purpose}`)),
        seen('click', 'waiting'),
      ],
      verifyBy(openedAt),
      ['closeAccount expired', '(sendEmail expired)'],
    ],
    [
      'of a click is the activation',
      chain,
      [...welcomed, seen('recordNotified'), seen('click')],
      soon,
      ['activateAccount', '(sendEmail activated)'],
    ],
    [
      'is compensation where the address does not exist',
      chain,
      [seen('openAccount'), seen('sendEmail welcome', 'refused')],
      soon,
      ['sendSms welcome', 'closeAccount undeliverable', '(sendSms closed)'],
    ],
    ['is nothing for a signup that is refused', chain, [seen('openAccount', 'refused')], soon, []],
    [
      'is not to record what was not sent any more',
      chain,
      [
        seen('openAccount'),
        seen('sendEmail welcome'),
        seen('activateAccount'),
        seen('sendSms welcome', 'skipped', skippedBecause.superseded),
      ],
      soon,
      ['sendEmail activated'],
    ],
    [
      'is for the caller to ask again, or to be cancelled, where a call failed',
      blocking,
      [seen('openAccount'), seen('sendEmail welcome', 'failed')],
      soon,
      ['(click)', '(closeAccount cancelled)'].map((step) => (step === '(click)' ? 'click' : step)),
    ],
    [
      'is also what was begun beside the call that failed',
      reactive,
      [seen('openAccount'), seen('sendEmail welcome', 'failed')],
      soon,
      ['sendSms welcome', 'click', '(closeAccount cancelled)'],
    ],
  ];
  for (const [what, style, steps, at, expected] of cases) {
    it(what, () => assert.deepEqual(expectedSteps(style, steps, at).map(textOf), expected));
  }

  it('says until when the click is waited for, and when reminders are due', () => {
    const due = new Map(expectedSteps(chain, welcomed, soon).map(({ step, dueAt }) => [step, dueAt]));
    assert.equal(due.get('click'), verifyBy(openedAt));
    assert.equal(due.get('sendEmail reminder-2'), later(openedAt, reminders[1].afterMs));
    assert.equal(due.get('recordNotified'), null);
  });

  for (const file of readdirSync(histories)) {
    it(`has said each step of ${file} before it came, and says nothing more at its end`, () => {
      const json = JSON.parse(readFileSync(new URL(file, histories), 'utf8')) as unknown;
      const events = History.decode(History.encode(historyFromJSON(json)).finish()).events;
      const [style] = stylesPlayedBy('workflow');
      let before: SeenStep[] = [];
      for (let count = 1; count <= events.length; count += 1) {
        const { steps, clickedAt, ended } = readEvents(events.slice(0, count));
        const now = [...steps, ...(clickedAt === undefined ? [] : [{ ...seen('click'), at: clickedAt }])];
        for (const { step, at } of now.filter(
          (each) => !before.some(({ step: other }) => other === each.step),
        )) {
          // A history writes down that step 1 was done a little after the time that reminders count from.
          const expected = expectedSteps(style, before, later(at, 1000));
          assert.ok(
            expected.some((each) => each.step === step && each.isNext),
            `${step} after ${expected.map(textOf).join(', ')}`,
          );
        }
        before = now;
        if (ended) assert.deepEqual(expectedSteps(style, now, ended.at), []);
      }
      const left = expectedSteps(style, before, before.at(-1)!.at).map(({ step }) => step);
      const isPending = file.includes('pending');
      assert.deepEqual(
        left,
        isPending ? [...reminders.slice(1).map(({ purpose }) => `sendEmail ${purpose}`), 'click'] : [],
      );
    });
  }

  const kinds: EntryKind[] = ['done', 'refused', 'skipped', 'failed', 'retrying', 'parked'];
  for (const style of styles) {
    it(`comes to an end for ${traits[style].title}, whatever becomes of each step, and in any order`, () => {
      const plan = fc.record({
        picks: fc.array(fc.nat(20), { minLength: 30, maxLength: 30 }),
        ends: fc.array(fc.constantFrom(...kinds), { minLength: 30, maxLength: 30 }),
        order: fc.shuffledSubarray(
          Array.from({ length: 30 }, (_, index) => index),
          { minLength: 30 },
        ),
      });
      const at = verifyBy(openedAt);
      fc.assert(
        fc.property(plan, ({ picks, ends, order }) => {
          const steps: SeenStep[] = [];
          for (const [index, pick] of picks.entries()) {
            const next = expectedSteps(style, steps, at).filter(({ isNext }) => isNext);
            if (next.length === 0) break;
            const { step } = next[pick % next.length]!;
            assert.ok(!steps.some((each) => each.step === step), `${step} is expected though it was seen`);
            steps.push(seen(step, step === 'click' ? 'done' : ends[index]!));
          }
          const left = expectedSteps(style, steps, at);
          // What waits for a step that is tried again or parked is told once that is over.
          const isOpen = steps.some(({ step, kind }) =>
            ['retrying', 'parked', ...(step.startsWith('closeAccount') ? ['failed'] : [])].includes(kind),
          );
          assert.deepEqual(
            isOpen ? [] : left,
            [],
            steps.map(({ step, kind }) => `${step} ${kind}`).join(', '),
          );
          const shuffled = order.flatMap((index) => steps[index] ?? []);
          assert.deepEqual(
            expectedSteps(style, shuffled, at),
            left,
            'the order in which they were seen matters',
          );
        }),
      );
    });
  }
});
