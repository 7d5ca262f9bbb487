/** What became of the signups of a cell, as the judge of the failure lab sees it. */
import { pause } from '../../../adapters/waiting.ts';
import type { Customer } from '../../lab/customers.ts';
import type { Verdict } from '../../lab/figures.ts';
import { judge } from '../../lab/judge.ts';
import type { Witness } from '../../lab/witness.ts';
import type { Judged } from './figures.ts';

/** So many signups are looked at side by side. */
const atOnce = 12;
/** So many findings are noted, as examples. */
const shown = 5;

/** Judges all of them, and those with something wrong again: until nothing is, or for so long after the first look at all. */
export async function judgeAll(
  customers: readonly Customer[],
  accepted: ReadonlySet<string>,
  witness: Witness,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
): Promise<Judged> {
  const verdicts = new Map<string, Verdict>();
  let giveUpAt: number | undefined;
  let doubtful = [...customers];
  while (true) {
    const left = [...doubtful];
    const look = async () => {
      for (let each = left.pop(); each !== undefined; each = left.pop()) {
        signal.throwIfAborted();
        const { signupId } = each;
        verdicts.set(signupId, judge(await witness.see(each, accepted.has(signupId))));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, look));
    doubtful = customers.filter(({ signupId }) => !isSound(verdicts.get(signupId)!));
    // Looking at thousands takes its time, in which those that were looked at first may have been recorded.
    giveUpAt ??= Date.now() + withinMs;
    if (doubtful.length === 0 || Date.now() >= giveUpAt) return sumOf(verdicts);
    await pause(1000, signal);
  }
}

function isSound({ lost, stuck, inconsistent }: Verdict): boolean {
  return lost.length + stuck.length + inconsistent.length === 0;
}

/** A count of signups for each kind of violation, and one of messages that arrived again. */
function sumOf(verdicts: ReadonlyMap<string, Verdict>): Judged {
  const all = [...verdicts];
  const count = (kind: 'lost' | 'stuck' | 'inconsistent') =>
    all.filter(([, verdict]) => verdict[kind].length > 0).length;
  const findings = all.flatMap(([id, { lost, stuck, inconsistent, duplicates }]) =>
    [...lost, ...stuck, ...inconsistent, ...duplicates.map((message) => `${message} arrived again`)].map(
      (finding) => `${id}: ${finding}`,
    ),
  );
  return {
    lost: count('lost'),
    stuck: count('stuck'),
    inconsistent: count('inconsistent'),
    twice: all.reduce((sum, [, { duplicates }]) => sum + duplicates.length, 0),
    findings: findings.slice(0, shown),
  };
}
