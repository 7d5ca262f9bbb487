/** Scene: a week passes in seconds. Reminders come when they are due, a click just before the deadline wins, and the others expire. */
import { reminders, sendStep, verifyWithinMs, type Reminder } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { duet } from '../../domain/styles.ts';
import { eachIs, firstOf, isDone, untilEach } from './looking.ts';
import type { Scene, SceneStep } from './scene.ts';

/** The lane in which the link is clicked: one that is always here. */
const [clicked] = duet;
const isClicked = (style: Style) => style === clicked;
const isNotClicked = (style: Style) => style !== clicked;

const hourMs = 3_600_000;
const inHours =
  new Intl.ListFormat('en-GB').format(reminders.map(({ afterMs }) => `${afterMs / hourMs}`)) + ' hours';

export const week: Scene = {
  name: 'week',
  title: 'A week in five seconds',
  about: `Reminders after ${inHours}, a click just before the deadline, and what expires without one.`,
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
    ...reminders.map(reminder),
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
          eachIs(view, () => true, isRemindedEachTime, 'not reminded each time'),
        ),
    },
  ],
};

/** A step in which time passes until a reminder is due; with the last one, until an hour before the deadline. */
function reminder({ purpose, afterMs }: { purpose: Reminder; afterMs: number }, index: number): SceneStep {
  const step = sendStep('email', purpose);
  const isLast = index === reminders.length - 1;
  const untilMs = isLast ? verifyWithinMs - hourMs : afterMs;
  const hours = (untilMs - (reminders[index - 1]?.afterMs ?? 0)) / hourMs;
  return {
    say: `${hours} hours pass, for these signups and for no other. A reminder comes in every lane.${isLast ? ' The deadline is an hour away.' : ''}`,
    notes:
      'The clock of each signup was moved; what was due meanwhile happened in its order. Point at the reminder in the inbox.',
    does: [{ do: 'forward', by: `${hours}h` }],
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

function isRemindedEachTime({ arrived }: { arrived: Readonly<Record<string, number>> }): boolean {
  return reminders.every(({ purpose }) => arrived[sendStep('email', purpose)] === 1);
}
