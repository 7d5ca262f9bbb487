/** Breaks what a fault says while the customers of a cell come, and heals it. */
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../adapters/waiting.ts';
import { seededRandom } from '../bench/load.ts';
import type { ProcessName } from '../platform/stack.ts';
import { arm, crashesIn, disarm } from './armed.ts';
import type { Outage } from './fault.ts';
import { crashPoints, type PointName } from './points.ts';
import { scenes } from './scenes.ts';
import type { LabStack } from './stack.ts';
import { letCome, patienceOf, type Stage } from './stage.ts';

const outageMs = 10_000;
const outagePaceMs = 14_000;

/** So many signups are under way before something is broken. */
const underLoad = 4;

/** Lets the customers come and breaks what is to break. Returns when it was healed. */
export async function bringAbout(stage: Stage, seed: number): Promise<number> {
  const { means, breaks } = stage.fault;
  if ('scene' in means) return scenes[means.scene](stage);
  if ('crashAt' in means) return crash(stage, means.crashAt, seed);

  const coming = letCome(stage, outagePaceMs / stage.customers.length);
  const first = Math.min(underLoad, stage.customers.length);
  await until(`${first} signups to be under way`, () => stage.accepted.size >= first, patienceOf(stage));
  stage.note(breaks);
  await countInHand(stage);
  stage.brokenSeconds = await breakFor(stage, means, outageMs);
  const healedAt = Date.now();
  await coming.arrived;
  return healedAt;
}

/**
 * Breaks a part, or the way to it, and heals it after `forMs`, whatever happens meanwhile. Returns the seconds until it was whole again:
 * a part that was killed takes its time to start.
 */
export async function breakFor({ lab, signal }: Stage, means: Outage, forMs: number): Promise<number> {
  const brokeAt = Date.now();
  if ('kill' in means) await lab.stack.hold(means.kill);
  else if ('freeze' in means) return freezeFor(lab, means.freeze, forMs, signal);
  else lab.proxies[means.cut][means.how]();
  try {
    await delay(forMs, undefined, { signal });
  } finally {
    if ('kill' in means) await lab.stack.release(means.kill);
    else lab.proxies[means.cut].heal();
  }
  return secondsSince(brokeAt);
}

/** Stops a process where it stands. One that was taken for dead meanwhile, and replaced, does not go on. */
async function freezeFor(
  { stack }: LabStack,
  name: ProcessName,
  forMs: number,
  signal: AbortSignal,
): Promise<number> {
  const [pid, frozeAt] = [stack.pidOf(name)!, Date.now()];
  process.kill(pid, 'SIGSTOP');
  try {
    await delay(forMs, undefined, { signal });
  } finally {
    if (stack.pidOf(name) === pid) process.kill(pid, 'SIGCONT');
  }
  await stack.untilReady(name);
  return secondsSince(frozeAt);
}

const secondsSince = (at: number) => Number(((Date.now() - at) / 1000).toFixed(1));

async function crash(stage: Stage, point: PointName, seed: number): Promise<number> {
  const { lab, customers } = stage;
  const style = customers[0]!.style;
  const { process } = crashPoints[point][style]!;
  const victims = customers.filter(({ intent }) => intent !== 'taken');
  const victim = victims[Math.floor(seededRandom(seed)() * victims.length)]!;
  // Of a mark in the outbox the values are ids of events; whichever comes first will do.
  arm(lab.folder, point, style, point === 'relay-before-mark' ? '' : victim.signupId);
  const before = crashesIn(lab.folder).length;
  const pid = lab.stack.pidOf(process);
  const coming = letCome(stage, 100);
  try {
    await until(`${process} to reach ${point}`, () => crashesIn(lab.folder).length > before, {
      ...patienceOf(stage),
      everyMs: 20,
    });
  } finally {
    disarm(lab.folder, point, style);
  }
  const diedAt = Date.now();
  await countInHand(stage);
  stage.note(`${process} died at ${point} with signup ${victim.signupId} in hand`);
  await until(`${process} to be started again`, () => lab.stack.pidOf(process) !== pid, {
    ...patienceOf(stage),
    everyMs: 20,
  });
  await lab.stack.untilReady(process);
  stage.brokenSeconds = secondsSince(diedAt);
  const healedAt = Date.now();
  await coming.arrived;
  return healedAt;
}

/** Notes what is in hand at the moment that something breaks. */
export async function countInHand(stage: Stage): Promise<void> {
  for (const message of await stage.witness.inHand().catch(() => [])) stage.inHand.add(message);
}
