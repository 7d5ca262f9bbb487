/** Plays one fault against the signups of one or both styles and has what is then seen judged. */
import { setTimeout as delay } from 'node:timers/promises';
import { styles, type Style } from '../domain/signup.ts';
import { arm, crashesIn, disarm } from './armed.ts';
import { customersOf, seeded, type Customer } from './customers.ts';
import type { Evidence } from './evidence.ts';
import type { Fault } from './fault.ts';
import type { Cell, Verdict } from './figures.ts';
import { judge } from './judge.ts';
import { crashPoints, type PointName } from './points.ts';
import { scenes } from './scenes.ts';
import { letCome, openStage, until, type Stage } from './stage.ts';
import type { LabStack } from './stack.ts';
import type { Witness } from './witness.ts';

/** How long after healing a signup may take before it counts as stuck. */
const stuckAfterMs = 60_000;
const outageMs = 10_000;
const outagePaceMs = 14_000;

export type CellOptions = {
  lab: LabStack;
  witness: Witness;
  fault: Fault;
  styles?: readonly Style[];
  seed: number;
  signups: number;
  signal: AbortSignal;
  say: (line: string) => void;
  /** Keeps the addresses of two runs of a cell on one stack apart. */
  run?: string;
  /** How long is waited for those that do not come to an end; 60 s when missing. */
  patienceMs?: number;
};

/** The styles a fault means something to. */
export const stylesOf = ({ expected }: Fault): Style[] =>
  styles.filter((style) => expected[style] !== undefined);

/** Plays a fault, both styles at once unless `styles` says otherwise. A cell per style. */
export async function playFault(options: CellOptions): Promise<Cell[]> {
  const { fault, seed, signups, run = '' } = options;
  const wanted = stylesOf(fault).filter((style) => options.styles?.includes(style) ?? true);
  const customers = wanted.flatMap((style) =>
    customersOf(`${fault.name}${run}`, style, seed, signups, fault.intents),
  );
  // Styles take turns, so that an outage finds both in the same state.
  const interleaved = customers.toSorted(
    (one, other) => (customers.indexOf(one) % signups) - (customers.indexOf(other) % signups),
  );
  const stage = openStage({ ...options, customers: interleaved });
  let healedAt: number | undefined;
  const settling = Promise.all(
    interleaved.map((customer) =>
      untilSettled(stage, customer, () => healedAt, options.patienceMs ?? stuckAfterMs),
    ),
  );
  settling.catch(() => {});
  healedAt = await bringAbout(stage, seed);
  stage.note('healed');
  const settled = new Map((await settling).map(({ signupId, at }) => [signupId, at]));
  stage.isOver = true;
  stage.note('all have come to an end, or wait for the click, or are given up');
  // A duplicate may come late: whatever is still on its way gets a moment.
  await delay(1500);
  const evidence = await Promise.all(
    interleaved.map((customer) =>
      until(
        `evidence of ${customer.signupId}`,
        () => options.witness.see(customer, stage.accepted.has(customer.signupId)),
        options,
      ),
    ),
  );
  return wanted.map((style) =>
    cellOf(
      stage,
      style,
      seed,
      evidence.filter((each) => each.style === style),
      settled,
      healedAt,
    ),
  );
}

/** Lets the customers come and breaks what is to break. Returns when it was healed. */
async function bringAbout(stage: Stage, seed: number): Promise<number> {
  const { fault, lab, customers } = stage;
  const { means } = fault;
  if ('scene' in means) return scenes[means.scene](stage);
  if ('crashAt' in means) return crash(stage, means.crashAt, seed);

  const coming = letCome(stage, outagePaceMs / customers.length);
  await delay(2000, undefined, { signal: stage.signal });
  stage.note(fault.breaks);
  await countInHand(stage);
  if ('kill' in means) await lab.stack.hold(means.kill);
  else lab.proxies[means.cut][means.how]();
  try {
    await delay(outageMs, undefined, { signal: stage.signal });
  } finally {
    if ('kill' in means) await lab.stack.release(means.kill);
    else lab.proxies[means.cut].heal();
  }
  const healedAt = Date.now();
  await coming.arrived;
  return healedAt;
}

async function crash(stage: Stage, point: PointName, seed: number): Promise<number> {
  const { lab, customers, signal } = stage;
  const style = customers[0]!.style;
  const { process } = crashPoints[point][style]!;
  const victims = customers.filter(({ intent }) => intent !== 'taken');
  const victim = victims[Math.floor(seeded(seed)() * victims.length)]!;
  // Of a mark in the outbox the values are ids of events; whichever comes first will do.
  arm(lab.folder, point, style, point === 'relay-before-mark' ? '' : victim.signupId);
  const before = crashesIn(lab.folder).length;
  const pid = lab.stack.pidOf(process);
  const coming = letCome(stage, 100);
  try {
    await until(`${process} to reach ${point}`, () => crashesIn(lab.folder).length > before, {
      signal,
      everyMs: 20,
    });
  } finally {
    disarm(lab.folder, point, style);
  }
  await countInHand(stage);
  stage.note(`${process} died at ${point} with signup ${victim.signupId} in hand`);
  await until(`${process} to be started again`, () => lab.stack.pidOf(process) !== pid, {
    signal,
    everyMs: 20,
  });
  await lab.stack.untilReady(process);
  const healedAt = Date.now();
  await coming.arrived;
  return healedAt;
}

/** Notes what is in hand at the moment that something breaks. */
export async function countInHand(stage: Stage): Promise<void> {
  for (const message of await stage.witness.inHand().catch(() => [])) stage.inHand.add(message);
}

/** Looks at a signup until the judge has nothing to say, or too long after healing. */
export async function untilSettled(
  { witness, accepted, signal }: Stage,
  customer: Customer,
  healedAt: () => number | undefined,
  patienceMs: number,
): Promise<{ signupId: string; at: number | undefined }> {
  const { signupId } = customer;
  for (;;) {
    signal.throwIfAborted();
    const seen = await witness.see(customer, accepted.has(signupId)).catch(() => undefined);
    const isKnown = accepted.has(signupId) || customer.intent === 'taken';
    if (seen && isKnown && isSound(judge(seen))) return { signupId, at: Date.now() };
    if (Date.now() > (healedAt() ?? Infinity) + patienceMs) return { signupId, at: undefined };
    await delay(250);
  }
}

function isSound({ lost, stuck, inconsistent }: Verdict): boolean {
  return lost.length + stuck.length + inconsistent.length === 0;
}

/** What the judge finds at the signups of one style, added up. */
export function cellOf(
  stage: Stage,
  style: Style,
  seed: number,
  evidence: readonly Evidence[],
  settled: ReadonlyMap<string, number | undefined>,
  healedAt: number,
): Cell {
  const { fault, happened, actions, availability } = stage;
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
    ...{ fault: fault.name, style, seed, signups: evidence.length },
    ...{ lost: count('lost'), stuck: count('stuck'), inconsistent: count('inconsistent') },
    duplicates: judged.reduce((sum, { verdict }) => sum + verdict.duplicates.length, 0),
    recoverySeconds: Number(
      (Math.max(0, ...evidence.map(({ signupId }) => tookMs(signupId))) / 1000).toFixed(1),
    ),
    unavailableSeconds: availability.secondsWithout(style),
    actions: actions.get(style) ?? [],
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
