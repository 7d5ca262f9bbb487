/** Plays one fault against the signups of one style or several and has what is then seen judged. */
import { setTimeout as delay } from 'node:timers/promises';
import { pause, until } from '../../adapters/waiting.ts';
import { seededRandom } from '../bench/load.ts';
import type { Style } from '../../domain/signup.ts';
import { arm, crashesIn, disarm } from './armed.ts';
import { customersOf, eachLookedAtEveryMs, type Customer } from './customers.ts';
import type { Evidence } from './evidence.ts';
import type { Fault, Outage } from './fault.ts';
import { foretoldOf, type Cell, type Verdict } from './figures.ts';
import { judge } from './judge.ts';
import { crashPoints, type PointName } from './points.ts';
import { scenes } from './scenes.ts';
import { letCome, openStage, patienceOf, type Stage } from './stage.ts';
import type { ProcessName } from '../platform/stack.ts';
import type { LabStack } from './stack.ts';
import type { Witness } from './witness.ts';

/** How long after healing a signup may take before it counts as stuck. */
const stuckAfterMs = 60_000;
const outageMs = 10_000;
const outagePaceMs = 14_000;

/**
 * How long duplicates are listened for once all have settled. A copy that the broker still holds is in no row and no history, so
 * that none comes any more is no fact to wait for.
 */
const listenOnMs = 1500;

/** So many signups are under way before something is broken. */
const underLoad = 4;

export type CellOptions = {
  lab: LabStack;
  witness: Witness;
  fault: Fault;
  styles: readonly Style[];
  seed: number;
  signups: number;
  signal: AbortSignal;
  say: (line: string) => void;
  /** Keeps the addresses of two runs of a cell on one stack apart. */
  run?: string;
  /** How long is waited for those that do not come to an end; 60 s when missing. */
  patienceMs?: number;
};

/** Plays a fault against these styles at once. A cell per style. */
export async function playFault(options: CellOptions): Promise<Cell[]> {
  const { fault, seed, signups, run = '' } = options;
  const verificationKey = options.lab.stack.environmentOf('api')['VERIFICATION_KEY']!;
  const perStyle = options.styles.map((style) =>
    customersOf(verificationKey, `${fault.name}${run}`, style, seed, signups, fault.intents),
  );
  // Styles take turns, so that an outage finds all in the same state.
  const customers = Array.from({ length: signups }, (_, index) =>
    perStyle.map((each) => each[index]!),
  ).flat();
  const stage = openStage({ ...options, customers });
  const settling = settle(stage, options.patienceMs);
  stage.healedAt = await bringAbout(stage, seed);
  stage.note('healed');
  return conclude(stage, settling, options.styles, seed);
}

/** When each signup had come to its end, or waited for the click; null for one that was given up. */
type Settling = Promise<Map<string, number | null>>;

/** Looks at every signup, from now until the judge has nothing to say of it. */
export function settle(stage: Stage, patienceMs = stuckAfterMs): Settling {
  const settling = Promise.all(
    stage.customers.map(
      async (customer) => [customer.signupId, await untilSettled(stage, customer, patienceMs)] as const,
    ),
  ).then((all) => new Map(all));
  // Awaited once all is healed.
  settling.catch(() => {});
  return settling;
}

/** Waits until all have come to an end, or are given up, and adds up what the judge finds. A cell per style. */
export async function conclude(
  stage: Stage,
  settling: Settling,
  among: readonly Style[],
  seed: number,
): Promise<Cell[]> {
  const settled = await settling;
  stage.isOver = true;
  stage.note('all have come to an end, or wait for the click, or are given up');
  await pause(listenOnMs, stage.signal);
  const evidence: Evidence[] = [];
  for (const customer of stage.customers) {
    const { signupId } = customer;
    const see = () => stage.witness.see(customer, stage.accepted.has(signupId));
    evidence.push(await until(`evidence of ${signupId}`, see, patienceOf(stage)));
  }
  return among.map((style) => {
    const ofStyle = evidence.filter((each) => each.style === style);
    return cellOf(stage, style, seed, ofStyle, settled);
  });
}

/** Lets the customers come and breaks what is to break. Returns when it was healed. */
async function bringAbout(stage: Stage, seed: number): Promise<number> {
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

/** Looks at a signup until the judge has nothing to say, and returns when that was; null once it is too long after healing. */
function untilSettled(stage: Stage, customer: Customer, patienceMs: number): Promise<number | null> {
  const { witness, accepted, signal } = stage;
  const { signupId, intent } = customer;
  const look = async () => {
    if (Date.now() > (stage.healedAt ?? Infinity) + patienceMs) return null;
    // Of a signup without an answer there is nothing to see yet.
    const isKnown = accepted.has(signupId) || intent === 'taken';
    return isKnown && isSound(judge(await witness.see(customer, accepted.has(signupId)))) && Date.now();
  };
  return until(`${signupId} to settle`, look, { signal, withinMs: Infinity, everyMs: eachLookedAtEveryMs });
}

function isSound({ lost, stuck, inconsistent }: Verdict): boolean {
  return lost.length + stuck.length + inconsistent.length === 0;
}

/** What the judge finds at the signups of one style, added up. */
function cellOf(
  stage: Stage,
  style: Style,
  seed: number,
  evidence: readonly Evidence[],
  settled: ReadonlyMap<string, number | null>,
): Cell {
  const { fault, happened, actions, availability, brokenSeconds, healedAt = 0 } = stage;
  const judged = evidence.map((each) => ({ each, verdict: judge(each) }));
  const count = (kind: 'lost' | 'stuck' | 'inconsistent') =>
    judged.filter(({ verdict }) => verdict[kind].length > 0).length;
  const tookMs = (id: string) => (settled.get(id) ?? Date.now()) - healedAt;
  const [worst] = judged.toSorted(
    (one, other) =>
      badness(other.verdict) - badness(one.verdict) ||
      tookMs(other.each.signupId) - tookMs(one.each.signupId),
  );
  return {
    fault: fault.name,
    style,
    seed,
    signups: evidence.length,
    lost: count('lost'),
    stuck: count('stuck'),
    inconsistent: count('inconsistent'),
    duplicates: judged.reduce((sum, { verdict }) => sum + verdict.duplicates.length, 0),
    recoverySeconds: Number(
      (Math.max(0, ...evidence.map(({ signupId }) => tookMs(signupId))) / 1000).toFixed(1),
    ),
    unavailableSeconds: availability.secondsWithout(style),
    brokenSeconds,
    actions: actions.get(style) ?? [],
    foretold: foretoldOf(style),
    duplicatesAllowed: judged.reduce((sum, each) => sum + excused(stage, each.each, each.verdict), 0),
    happened,
    findings: judged.flatMap(({ each, verdict }) =>
      [
        ...verdict.lost,
        ...verdict.stuck,
        ...verdict.inconsistent,
        ...verdict.duplicates.map((message) => `${message} arrived again`),
      ].map((finding) => `${each.signupId}: ${finding}`),
    ),
    worst: worst && { signupId: worst.each.signupId, timeline: worst.each.history },
  };
}

/** How many of the duplicates are within the one window: the first copy of a message that was in hand, or whose answer was lost. */
function excused({ fault, inHand }: Stage, { signupId }: Evidence, { duplicates }: Verdict): number {
  const mayBe = (message: string) =>
    fault.window === 'one-each' || (fault.window === 'in-hand' && inHand.has(`${signupId} ${message}`));
  return [...new Set(duplicates)].filter(mayBe).length;
}

function badness({ lost, stuck, inconsistent, duplicates }: Verdict): number {
  return 100 * (lost.length + stuck.length + inconsistent.length) + duplicates.length;
}
