/** Plays one fault against the signups of one style or several and has what is then seen judged. */
import { pause, until } from '../../adapters/waiting.ts';
import type { Style } from '../../domain/signup.ts';
import { bringAbout } from './breaking.ts';
import { customersOf, eachLookedAtEveryMs, type Customer } from './customers.ts';
import type { Evidence } from './evidence.ts';
import type { Fault } from './fault.ts';
import { foretoldOf, type Cell, type Verdict } from './figures.ts';
import { judge } from './judge.ts';
import { openStage, patienceOf, type Stage } from './stage.ts';
import type { LabStack } from './stack.ts';
import type { Witness } from './witness.ts';

/** How long after healing a signup may take before it counts as stuck. */
const stuckAfterMs = 60_000;

/**
 * How long duplicates are listened for once all have settled. A copy that the broker still holds is in no row and no history, so
 * that none comes any more is no fact to wait for.
 */
const listenOnMs = 1500;

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
    foretold: foretoldOf(style, fault),
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
