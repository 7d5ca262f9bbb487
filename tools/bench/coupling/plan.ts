/** Which cells are measured: loads and patience as data, and who is asked under which fault. */
import { styles, type Style } from '../../../domain/signup.ts';
import { traits } from '../../../domain/styles.ts';
import { couplingFaults, type CouplingFault } from './faults.ts';

/** A load of callers who do not wait for each other, and the seconds in which a fault that passes is there. */
export type Load = {
  name: 'steady' | 'rush';
  perSecond: number;
  seconds: number;
  brokenFrom: number;
  brokenUntil: number;
};

/** Callers who leave after a while and do not come back, or who repeat their request with its key until it is answered. */
export type PatienceName = 'impatient' | 'patient';

/** A cell to be measured. `number` is its place among all cells, whichever of them are wanted. */
export type Job = {
  number: number;
  load: Load;
  fault: CouplingFault;
  style: Style;
  patience: PatienceName;
};

export type Extent = { loads: Record<Load['name'], Load>; leaveAfterMs: number; outcomesWithinMs: number };

/** How much is measured. */
export const usually: Extent = {
  loads: {
    steady: { name: 'steady', perSecond: 10, seconds: 40, brokenFrom: 10, brokenUntil: 20 },
    rush: { name: 'rush', perSecond: 120, seconds: 30, brokenFrom: 10, brokenUntil: 20 },
  },
  leaveAfterMs: 10_000,
  outcomesWithinMs: 60_000,
};

/** Too little to say anything, and enough to show that all works. */
export const quickly: Extent = {
  loads: {
    steady: { name: 'steady', perSecond: 5, seconds: 4, brokenFrom: 1, brokenUntil: 3 },
    rush: { name: 'rush', perSecond: 20, seconds: 2, brokenFrom: 0, brokenUntil: 1 },
  },
  leaveAfterMs: 2000,
  outcomesWithinMs: 30_000,
};

/** All cells: style after style under each fault, so that what changes on the machine changes all styles. */
export function allJobs({ loads }: Extent): Job[] {
  const jobs = couplingFaults.flatMap((fault) =>
    styles.flatMap((style): Omit<Job, 'number'>[] => [
      { load: loads.steady, fault, style, patience: 'impatient' },
      ...(fault.isForPatience && traits[style].answersAfter === 'everything'
        ? [{ load: loads.steady, fault, style, patience: 'patient' } as const]
        : []),
      // Several times what the embedded server can start in a second.
      ...(fault.isForRush && traits[style].mechanism !== 'workflow'
        ? [{ load: loads.rush, fault, style, patience: 'impatient' } as const]
        : []),
    ]),
  );
  return jobs.map((job, number) => ({ number, ...job }));
}

/** What a cell is known by, in results as in plans. */
export type CellName = { load: Load['name']; fault: string; style: Style; patience: PatienceName };

/** The name of a cell that is to be measured. */
export function nameOf({ load, fault, style, patience }: Job): CellName {
  return { load: load.name, fault: fault.name, style, patience };
}

/** Whether two are the same cell. */
export function isSameCell(one: CellName, other: CellName): boolean {
  return (
    one.load === other.load &&
    one.fault === other.fault &&
    one.style === other.style &&
    one.patience === other.patience
  );
}

/** Those of the wanted faults and styles that were not measured yet. */
export function jobsLeft(
  extent: Extent,
  wanted: { faults: readonly string[]; styles: readonly Style[] },
  measured: readonly CellName[],
): Job[] {
  return allJobs(extent).filter(
    (job) =>
      wanted.faults.includes(job.fault.name) &&
      wanted.styles.includes(job.style) &&
      !measured.some((cell) => isSameCell(cell, nameOf(job))),
  );
}
