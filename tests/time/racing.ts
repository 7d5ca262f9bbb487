/** Expiry and click at the same moment, again and again. */
import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { reminders, verifyWithinMs } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import {
  arrival,
  clickUntilActedOn,
  linkOf,
  mailbox,
  purposesOf,
  signupThat,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { untilAtRest } from '../inside.ts';
import { seeded } from '../seeded.ts';
import { fastForward, forwarded } from './moving.ts';

/**
 * Has expiry and click of so many signups meet, six at a time: one of them wins, and both say which. Each wins now and then, on a slow
 * machine later.
 */
export async function raceExpiryWithClick(style: Style, signups: number): Promise<void> {
  const random = seeded();
  const outcomes = new Map<string, number>();
  // Where the click came too early to be beaten, the next comes later, so that they meet.
  let lateMs = 50;
  let raced = 0;
  const goesOn = () => raced < signups || (outcomes.size < 2 && raced < 3 * signups);
  await Promise.all(Array.from({ length: 6 }, racing));
  console.log(`      seed ${random.seed}: ${JSON.stringify(Object.fromEntries(outcomes))}`);
  assert.deepEqual([...outcomes.keys()].toSorted(), ['activated', 'expired'], 'each wins now and then');

  async function racing(): Promise<void> {
    while (goesOn()) {
      raced += 1;
      const winner = await race();
      outcomes.set(winner, (outcomes.get(winner) ?? 0) + 1);
      lateMs *= winner === 'activated' ? 1.25 : 0.8;
    }
  }

  async function race(): Promise<string> {
    const request = uniqueRequest(style, { phone: undefined });
    const { id } = await startSignup(request);
    const link = await linkOf(id);
    await fastForward(id, `${verifyWithinMs / 1000 - 60}s`);
    const [moved, clicked] = await Promise.all([
      forwarded(id, '2m'),
      delay(lateMs * (0.5 + random.next())).then(() => clickUntilActedOn(link)),
    ]);
    const { status, endedAt } = await signupThat('has ended', id, ({ outcome }) => outcome !== null);
    const answer = status === 'activated' ? 200 : 410;
    assert.equal(clicked.status, answer, `the click was answered ${clicked.status}`);
    assert.ok(moved.status === 200 || moved.status === 409, `${moved.status} ${JSON.stringify(moved.body)}`);
    assert.ok(endedAt);
    await arrival(request.email, status);
    await untilAtRest(id);
    const expected = ['welcome', ...reminders.map(({ purpose }) => purpose), status].toSorted();
    assert.deepEqual(purposesOf(await mailbox(request.email)), expected);
    return status;
  }
}
