/**
 * Random faults under steady load: one after another and overlapping, the two styles that are compared at once. What happens is drawn
 * from the seed before anything starts, so that it can be printed and played again.
 */
import { duet } from '../../domain/styles.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { seededRandom } from '../bench/load.ts';
import { ours } from '../platform/our-processes.ts';
import { arm, crashesIn, disarm } from './armed.ts';
import { breakFor, countInHand } from './breaking.ts';
import { conclude, settle } from './cell.ts';
import { customersOf } from './customers.ts';
import { isOfDuet, stylesOf, type Fault } from './fault.ts';
import { faults } from './faults.ts';
import type { Cell } from './figures.ts';
import { letCome, openStage, type Stage } from './stage.ts';
import type { LabStack } from './stack.ts';
import type { Witness } from './witness.ts';

/** A fault of a campaign: when it begins and for how long it lasts. */
export type Move = { atSeconds: number; forSeconds: number; fault: Fault };

const firstAtSeconds = 5;
const roundSeconds = 25;
const longestSeconds = 10;
const paceMs = 1000;

/** Draws what happens: in each round of 25 s one or two faults that may overlap, and then a quiet while. */
export function drawMoves(seed: number, minutes: number): Move[] {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!;
  const possible = faults.filter((fault) => !('scene' in fault.means) && stylesOf(fault).some(isOfDuet));
  const moves: Move[] = [];
  for (let round = firstAtSeconds; round + roundSeconds <= minutes * 60; round += roundSeconds) {
    const count = random() < 0.5 ? 1 : 2;
    for (let index = 0; index < count; index += 1) {
      const atSeconds = round + Math.round(random() * 50) / 10;
      const forSeconds = 2 + Math.round(random() * (longestSeconds - 2) * 10) / 10;
      const fault = pick(possible);
      // What is killed already cannot be killed, nor cut twice.
      if (!moves.some((move) => move.atSeconds >= round && targetOf(move.fault) === targetOf(fault))) {
        moves.push({ atSeconds, forSeconds, fault });
      }
    }
  }
  return moves.toSorted((one, other) => one.atSeconds - other.atSeconds);
}

function targetOf({ means }: Fault): string {
  return 'kill' in means
    ? means.kill
    : 'freeze' in means
      ? means.freeze
      : 'cut' in means
        ? means.cut
        : 'crashAt' in means
          ? means.crashAt
          : means.scene;
}

/** Plays a campaign on a stack of the lab. A cell per style. */
export async function playCampaign(options: {
  lab: LabStack;
  witness: Witness;
  seed: number;
  minutes: number;
  signal: AbortSignal;
  say: (line: string) => void;
}): Promise<Cell[]> {
  const { lab, witness, seed, minutes, signal, say } = options;
  const moves = drawMoves(seed, minutes);
  for (const { atSeconds, forSeconds, fault } of moves) {
    say(
      `${atSeconds.toFixed(1).padStart(6)} s  ${fault.name}${'crashAt' in fault.means ? '' : `, for ${forSeconds} s`}`,
    );
  }
  const count = Math.floor((minutes * 60_000) / paceMs);
  const fault: Fault = { ...faults[0]!, name: 'campaign', window: 'in-hand' };
  const verificationKey = lab.stack.environmentOf('api')['VERIFICATION_KEY']!;
  const customers = duet.flatMap((style) =>
    customersOf(verificationKey, 'campaign', style, seed, count, ['wait', 'click', 'undeliverable', 'click']),
  );
  const stage = openStage({ lab, witness, fault, customers, signal, say });
  for (const style of duet) {
    letCome(
      stage,
      paceMs,
      customers.filter((customer) => customer.style === style),
    );
  }
  const settling = settle(stage);
  await Promise.all(moves.map((move) => play(stage, move)));
  await delay(Math.max(0, minutes * 60_000 - elapsedMs(stage)), undefined, { signal });
  await Promise.all(ours.map((name) => lab.stack.untilReady(name)));
  stage.healedAt = Date.now();
  stage.note('all is healed, nobody comes any more');
  return conclude(stage, settling, duet, seed);
}

const elapsedMs = ({ beganAt }: Stage) => Date.now() - beganAt;

async function play(stage: Stage, { atSeconds, forSeconds, fault: { name, means } }: Move): Promise<void> {
  const { lab, signal } = stage;
  await delay(Math.max(0, atSeconds * 1000 - elapsedMs(stage)), undefined, { signal });
  stage.note(name);
  await countInHand(stage);
  if ('crashAt' in means) {
    for (const style of duet) arm(lab.folder, means.crashAt, style);
    let struck = crashesIn(lab.folder).length;
    while (elapsedMs(stage) < (atSeconds + forSeconds) * 1000) {
      await delay(20, undefined, { signal });
      if (crashesIn(lab.folder).length === struck) continue;
      struck = crashesIn(lab.folder).length;
      await countInHand(stage);
    }
    for (const style of duet) disarm(lab.folder, means.crashAt, style);
    return;
  }
  if ('scene' in means) return;
  await breakFor(stage, means, forSeconds * 1000);
  stage.note(`${name} is over`);
}
