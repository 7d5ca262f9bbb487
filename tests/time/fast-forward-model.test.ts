/**
 * Random sequences of what may happen to signups, against a model of the process; the model itself; and that a difference between
 * them is noticed. `npm run test:deep` plays more of them.
 */
import { strict as assert } from 'node:assert';
import { reminders, verifyWithinMs } from '../../domain/process.ts';
import { after, mended, shown, type Action, type ModelSignup } from './model.ts';
import { play } from './playing.ts';
import { randomSequences } from './random.ts';
import { sequenceOf } from './sequences.ts';

const hourMs = 3_600_000;
const firstReminder = reminders[0].afterMs / hourMs;

describe('Whatever happens to signups', () => {
  randomSequences(3);

  it('is noticed where it differs from the model', async () => {
    const sequence = sequenceOf(
      { do: 'start', address: 0 },
      { do: 'fast-forward', signup: 0, hours: firstReminder + 1 },
    );
    // A model that knows of no reminders.
    const wrong = structuredClone(sequence).map((step) => {
      for (const { mails } of step.world.signups) delete mails['reminder-1'];
      return step;
    });
    await assert.rejects(play(wrong, { withinMs: 10_000 }), (error: Error) => {
      assert.match(error.message, /unexpected|reminders/);
      assert.match(
        error.message,
        /after action 2 of\n {2}1\. somebody signs up at address 1\n> 2\. signup 1 is moved by 1 d 1 h/,
      );
      return true;
    });
  });
});

describe('The model of signups', () => {
  const pending = { outcome: null, reminders: 0, parked: [] };
  const allReminders = reminders.map(({ purpose }) => purpose);
  const whole = verifyWithinMs / hourMs + 1;

  it('expires a signup that nobody confirms, with all reminders, and gives its address free', () => {
    const { signups } = endOf(
      { do: 'start', address: 0 },
      { do: 'start', address: 0 },
      { do: 'fast-forward', signup: 0, hours: whole },
      { do: 'start', address: 0 },
    );
    assert.deepEqual(
      signups.map(({ outcome }) => outcome),
      ['expired', 'refused', null],
    );
    assert.deepEqual(arriving(signups[0]!), ['welcome', ...allReminders, 'expired']);
    assert.deepEqual(arriving(signups[1]!), []);
  });

  it('reminds only whom the click found waiting', () => {
    const { signups } = endOf(
      { do: 'start', address: 0 },
      { do: 'fast-forward', signup: 0, hours: firstReminder + 1 },
      { do: 'click', signup: 0 },
      { do: 'fast-forward', signup: 0, hours: whole },
    );
    assert.deepEqual(shown(signups[0]!), { ...pending, outcome: 'activated', reminders: 1 });
    assert.deepEqual(arriving(signups[0]!), ['welcome', 'reminder-1', 'activated']);
  });

  it('parks what the provider does not take for hours, and leaves it behind once the signup has ended', () => {
    const parked = sequenceOf(
      { do: 'start', address: 0 },
      { do: 'mail down' },
      { do: 'fast-forward', signup: 0, hours: firstReminder + 1 },
    ).at(-1)!.world;
    assert.deepEqual(shown(parked.signups[0]!), { ...pending, parked: ['sendEmail reminder-1'] });
    assert.deepEqual(arriving(mended(parked).signups[0]!), ['welcome', 'reminder-1']);
    const clicked = after(parked, { do: 'click', signup: 0 })!;
    assert.deepEqual(arriving(mended(clicked).signups[0]!), ['welcome', 'activated']);
  });

  it('allows a duplicate only where a mail may have been on its way', () => {
    const killed = { what: 'notifications killed', afterMs: 0 } as const;
    const extraOf = (...actions: Action[]) => endOf(...actions).signups[0]!.extra;
    assert.equal(extraOf({ do: 'start', address: 0, mishap: killed }), 1);
    assert.equal(extraOf({ do: 'start', address: 0, mishap: { ...killed, what: 'accounts killed' } }), 0);
    assert.equal(extraOf({ do: 'start', address: 0 }, { do: 'kill', service: 'notifications' }), 0);
  });
});

const endOf = (...actions: Action[]) => sequenceOf(...actions).at(-1)!.world;

/** The purposes of the mails that must have come, in the order in which they were called for. */
function arriving({ mails }: ModelSignup): string[] {
  return Object.entries(mails).flatMap(([purpose, mail]) => (mail === 'sent' ? purpose : []));
}
