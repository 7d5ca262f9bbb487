/** Scene: a week passes in seconds. Reminders come when they are due, a click just before the deadline wins, and the others expire. */
import { sendStep, type PurposeOver } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { duet } from '../../domain/styles.ts';
import { eachIs, firstOf, isDone, untilEach } from './looking.ts';
import type { Scene, SceneStep } from './scene.ts';

/** The lane in which the link is clicked: one that is always here. */
const [clicked] = duet;
const isClicked = (style: Style) => style === clicked;
const isNotClicked = (style: Style) => style !== clicked;

export const week: Scene = {
  name: 'week',
  title: 'A week in five seconds',
  about:
    'Reminders after 24, 72 and 144 hours, a click just before the deadline, and what expires without one.',
  minutes: 2,
  onStageOnly: false,
  steps: [
    {
      say: 'The same person signs up in every lane, gets a mail and an SMS, and does not click.',
      notes:
        'Every lane now waits for the click, for seven days of its own time. Calls need a row and a poller for that, the chain has timers in its tables, the workflow sleeps in a loop.',
      does: [{ do: 'start' }],
      until: untilEach('the welcome to be recorded in every lane', isDone('recordNotified'), {
        withinMs: 60_000,
      }),
    },
    reminder('reminder-1', '24h', 'A day passes, for these signups and for no other.'),
    reminder('reminder-2', '72h', 'Three days more.'),
    reminder('reminder-3', '71h', 'Again three days, but for an hour: the deadline is one hour away.'),
    {
      say: 'In one lane the link is clicked, an hour before the deadline.',
      notes: 'The link is the one of the mail in the inbox, and the click is an ordinary POST.',
      does: [{ do: 'click', style: clicked }],
      until: untilEach('the account to be active', ({ status }) => status === 'activated', {
        withinMs: 30_000,
        of: isClicked,
      }),
    },
    {
      say: 'The deadline passes. The account that was confirmed stays; the others are closed, and their owners are told.',
      notes:
        'Open “closeAccount expired” in a chain, in the workflow and in calls: an event of a timer, a line after a wait, a visit of the poller. The outcome is the same in all of them.',
      does: [{ do: 'forward', by: '7d' }],
      until: untilEach(
        'the other accounts to be closed, and a mail about it',
        ({ status, arrived }) => status === 'expired' && (arrived[sendStep('email', 'expired')] ?? 0) > 0,
        { withinMs: 90_000, of: isNotClicked },
      ),
      mustBe: (view) =>
        firstOf(
          eachIs(view, isClicked, ({ status }) => status === 'activated', 'closed although it was confirmed'),
          eachIs(view, () => true, isRemindedThrice, 'not reminded three times'),
        ),
    },
  ],
};

/** A step in which time passes, until a reminder is there. */
function reminder(purpose: PurposeOver<'email'>, by: string, say: string): SceneStep {
  const step = sendStep('email', purpose);
  return {
    say: `${say} A reminder comes in every lane.`,
    notes: `The clock of each signup was moved by ${by}; what was due meanwhile happened in its order. Point at the reminder in the inbox.`,
    does: [{ do: 'forward', by }],
    until: untilEach(
      'the reminder in every lane',
      (signup) => isDone(step)(signup) && (signup.arrived[step] ?? 0) > 0,
      { withinMs: 90_000 },
    ),
    mustBe: (view) =>
      eachIs(
        view,
        () => true,
        ({ arrived }) => arrived[step] === 1,
        'reminded more than once',
      ),
  };
}

function isRemindedThrice({ arrived }: { arrived: Readonly<Record<string, number>> }): boolean {
  const times = (['reminder-1', 'reminder-2', 'reminder-3'] as const).map(
    (purpose) => arrived[sendStep('email', purpose)] ?? 0,
  );
  return times.every((each) => each === 1);
}
