/**
 * What the lab wants broken, as files in a folder that it shares with the processes of its stack: they outlive any crash, so that
 * a point that was used stays used.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Style } from '../../domain/signup.ts';
import type { PointName } from './points.ts';

/** What a process is started with, if anything: defects of the control group, delays, a bug that a deploy takes away. */
export type Conditions = { defect?: string; workflowBundle?: string };

/** Lays out the folder. */
export function layOut(folder: string): void {
  mkdirSync(join(folder, 'armed'), { recursive: true });
  setConditions(folder, {});
}

const pointFile = (folder: string, point: PointName, style: Style) =>
  join(folder, 'armed', `${point}.${style}`);

/** The next process that reaches the point with this signup in hand dies there; with any signup where none is given. */
export function arm(folder: string, point: PointName, style: Style, signupId = ''): void {
  writeFileSync(pointFile(folder, point, style), signupId);
}

const fileForAll = (folder: string, point: PointName) => join(folder, 'armed', `${point}.all`);

/** The next process that reaches the point dies there, whichever signup it has in hand; `isTurnOfAll` says how. */
export function armForAll(folder: string, point: PointName): void {
  writeFileSync(fileForAll(folder, point), '');
}

/** Nothing more dies at the point, if nothing has yet. */
export function disarmForAll(folder: string, point: PointName): void {
  rmSync(fileForAll(folder, point), { force: true });
}

/** Whether no process has reached the point yet. */
export function isArmedForAll(folder: string, point: PointName): boolean {
  return existsSync(fileForAll(folder, point));
}

/** Whether a process is the first one at a point that was armed for all: true once. */
export function isTurnOfAll(folder: string, point: PointName): boolean {
  try {
    unlinkSync(fileForAll(folder, point));
    return true;
  } catch {
    return false;
  }
}

/** Nothing more dies at the point. Says whether it was still to come. */
export function disarm(folder: string, point: PointName, style: Style): boolean {
  const file = pointFile(folder, point, style);
  const isThere = existsSync(file);
  rmSync(file, { force: true });
  return isThere;
}

/** Whether it is now that a process with `values` in hand dies: true once. Written down before it happens. */
export function isTurn(folder: string, point: PointName, style: Style, values: string): boolean {
  try {
    const file = pointFile(folder, point, style);
    if (!values.includes(readFileSync(file, 'utf8'))) return false;
    unlinkSync(file);
  } catch {
    return false;
  }
  appendFileSync(join(folder, 'crashes.jsonl'), `${JSON.stringify({ at: Date.now(), point, style })}\n`);
  return true;
}

/** When each point was reached, in order. */
export function crashesIn(folder: string): { at: number; point: PointName; style: Style }[] {
  const file = join(folder, 'crashes.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { at: number; point: PointName; style: Style });
}

const conditionsFile = (folder: string) => join(folder, 'conditions.json');

/** What processes are started with from now on. */
export function setConditions(folder: string, conditions: Conditions): void {
  writeFileSync(conditionsFile(folder), JSON.stringify(conditions));
}

/** What this process is started with. */
export function conditionsIn(folder: string): Conditions {
  return JSON.parse(readFileSync(conditionsFile(folder), 'utf8')) as Conditions;
}
