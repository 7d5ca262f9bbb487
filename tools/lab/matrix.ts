/** The whole matrix, cell by cell, and the control group in the cells that must convict it. */
import type { Style } from '../../domain/signup.ts';
import { playFault } from './cell.ts';
import { conditionsOf, controls, sentence, type Control } from './controls.ts';
import { stylesHere } from './here.ts';
import { stylesOf, usualStylesOf, type Fault } from './fault.ts';
import { faultNamed, faults } from './faults.ts';
import type { Cell, ControlCell } from './figures.ts';
import { startLabStack, type LabStack } from './stack.ts';
import { warmUp } from './warm-up.ts';
import { openWitness, type Witness } from './witness.ts';

export type MatrixOptions = {
  faults?: readonly Fault[];
  controls?: readonly Control[];
  /** The styles that are played as far as a fault means something to them; of each fault the usual ones when missing. */
  styles?: readonly Style[];
  seed: number;
  signups: number;
  signal: AbortSignal;
  say: (line: string) => void;
  log: (line: string) => void;
  /** Each cell as it is known, with how much of the work is left (0 to 1). */
  found: (cell: Cell | ControlCell, left: number) => void;
  onStack?: (lab: LabStack) => Promise<void>;
};

/** A policy that parks within a second, for what takes a day otherwise; the same for every style. */
const soonParked = { RETRY_FIRST_MS: '50', RETRY_LONGEST_MS: '100', RETRY_ATTEMPTS: '3' };

/** About how long a fault takes, for the time left only. */
const secondsOf = ({ means }: Fault) => ('crashAt' in means ? 10 : 'scene' in means ? 25 : 35);

type Job = { fault: Fault; styles: readonly Style[]; control?: Control };

/** Plays it all; what was found is complete only where nothing threw. */
export async function playMatrix(
  options: MatrixOptions,
): Promise<{ cells: Cell[]; controls: ControlCell[] }> {
  const jobs = jobsOf(options);
  let left = jobs.reduce((sum, { fault }) => sum + secondsOf(fault), 0);
  const whole = left;
  const cells: Cell[] = [];
  const convicts: ControlCell[] = [];
  for (const impatient of [false, true]) {
    const here = jobs.filter(({ fault }) => (fault.impatient ?? false) === impatient);
    if (here.length === 0) continue;
    await onLabStack(options, impatient, async (lab, witness) => {
      const wanted = [...new Set(here.flatMap(({ styles }) => styles))];
      const present = await stylesHere(lab, wanted, options);
      await warmUp(lab, present, options.signal);
      for (const [index, { fault, styles: all, control }] of here.entries()) {
        const styles = all.filter((style) => present.has(style));
        if (styles.length === 0) continue;
        const conditions = control ? await conditionsOf(control, `lab-${process.pid}`) : {};
        if (control || lab.conditions.defect !== undefined) await lab.deploy(conditions);
        const { seed, signups, signal, say } = options;
        // Whoever is to be convicted need not be waited for any longer than it takes.
        const patienceMs = control ? { patienceMs: 15_000 } : {};
        const played = await playFault({
          lab,
          witness,
          fault,
          styles,
          seed,
          signups,
          signal,
          say,
          run: `-${index}`,
          ...patienceMs,
        }).catch((error: unknown) => {
          if (signal.aborted) throw error;
          return styles.map((style) => unplayed(fault, style, options, error));
        });
        left -= secondsOf(fault);
        for (const cell of played) {
          const sentenced = control && sentence(control, cell);
          if (sentenced) convicts.push(sentenced);
          else cells.push(cell);
          options.found(sentenced ?? cell, left / whole);
        }
      }
    });
  }
  return { cells, controls: convicts };
}

/** A fault that could not be played has proved nothing: none of its signups counts as done. */
function unplayed(
  { name }: Fault,
  style: Style,
  { seed, signups }: Pick<MatrixOptions, 'seed' | 'signups'>,
  error: unknown,
): Cell {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    fault: name,
    style,
    seed,
    signups,
    lost: 0,
    stuck: signups,
    inconsistent: 0,
    duplicates: 0,
    recoverySeconds: 0,
    unavailableSeconds: 0,
    actions: [],
    duplicatesAllowed: 0,
    happened: [],
    findings: [`the fault could not be played: ${reason}`],
    worst: undefined,
  };
}

function jobsOf({ faults: chosen = faults, controls: group = controls, styles }: MatrixOptions): Job[] {
  const ofFaults = chosen.flatMap((fault): Job[] => {
    const wanted = styles ? stylesOf(fault).filter((style) => styles.includes(style)) : usualStylesOf(fault);
    // A crash point has one victim, so one style at a time; an outage hits all at once.
    if ('crashAt' in fault.means) return wanted.map((style) => ({ fault, styles: [style] }));
    return wanted.length > 0 ? [{ fault, styles: wanted }] : [];
  });
  const ofControls = group.map((control): Job => {
    return { fault: faultNamed(control.fault)!, styles: [control.style], control };
  });
  return [...ofFaults, ...ofControls];
}

/** Runs `work` on a stack of the lab. */
export async function onLabStack<T>(
  { signal, log, onStack }: Pick<MatrixOptions, 'signal' | 'log' | 'onStack'>,
  impatient: boolean,
  work: (lab: LabStack, witness: Witness) => Promise<T>,
): Promise<T> {
  const killing = new AbortController();
  const signals = { stop: signal, kill: killing.signal };
  const lab = await startLabStack({ log, signals, ...(impatient ? { retry: soonParked } : {}) });
  const witness = openWitness(lab.stack);
  try {
    await onStack?.(lab);
    return await work(lab, witness);
  } finally {
    await witness.close();
    await lab.stop();
  }
}
