/**
 * The control group: processes with one defect each, and the cell in which theory says that the judge must convict them. A lab that
 * acquits one of these says nothing about the others.
 */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Style } from '../../domain/signup.ts';
import { workflowBundle } from '../../coordinators/workflow/bundle.ts';
import type { Conditions } from './armed.ts';
import type { Cell, ControlCell, Verdict } from './figures.ts';

export type Control = {
  name: string;
  style: Style;
  /** What is wrong with it, for the report. */
  defect: string;
  fault: string;
  /** Any of these convicts it. */
  convictedBy: readonly (keyof Verdict)[];
};

export const controls: readonly Control[] = [
  {
    name: 'choreography-without-outbox',
    style: 'choreography',
    defect: 'publishes after the commit, from memory only',
    fault: 'api-before-answer',
    convictedBy: ['lost', 'stuck'],
  },
  {
    name: 'choreography-acknowledges-first',
    style: 'choreography',
    defect: 'acknowledges a message before anything is done about it',
    fault: 'notifications-before-send',
    convictedBy: ['lost', 'stuck'],
  },
  {
    name: 'choreography-without-deliveries',
    style: 'choreography',
    defect: 'does not know a message again, and counts each copy',
    fault: 'messages-duplicated',
    convictedBy: ['inconsistent'],
  },
  {
    name: 'choreography-steps-not-idempotent',
    style: 'choreography',
    defect: 'sends as often as it is asked to',
    fault: 'notifications-after-record',
    convictedBy: ['duplicates'],
  },
  {
    name: 'orchestration-steps-not-idempotent',
    style: 'orchestration',
    defect: 'sends as often as it is asked to',
    fault: 'notifications-after-record',
    convictedBy: ['duplicates'],
  },
  {
    name: 'orchestration-undo-after-step',
    style: 'orchestration',
    defect: 'registers the undo once the step is known to be done',
    fault: 'cancelled-while-opening',
    convictedBy: ['inconsistent', 'stuck'],
  },
];

/** What the processes of a control are to be started with. `scratch` is a folder below the repository's `build/`. */
export async function conditionsOf({ name }: Control, scratch: string): Promise<Conditions> {
  if (name !== 'orchestration-undo-after-step') return { defect: name };
  return { defect: name, workflowBundle: await undoAfterStep(scratch) };
}

/** The control's cell with its sentence. */
export function sentence(control: Control, cell: Cell): ControlCell {
  const { name, convictedBy } = control;
  const excess = { ...cell, duplicates: cell.duplicates - cell.duplicatesAllowed };
  // Where the fault could not be played, nothing was proved of anyone.
  const convicted = cell.happened.length > 0 && convictedBy.some((kind) => excess[kind] > 0);
  return { ...cell, control: name, defect: control.defect, expected: convictedBy, convicted };
}

const registers = /^ *undo\.register\(.*\);\n/m;
const opens = /^ *opening = await steps\.openAccount\(.*\);\n/m;

/** The product's workflow with two lines in the wrong order, bundled. Below the repository, so that its imports are found. */
async function undoAfterStep(scratch: string): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = join(root, 'build', scratch);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const each of ['workflows', 'domain'])
    await cp(join(root, each), join(folder, each), { recursive: true });
  const file = join(folder, 'workflows', 'signup.ts');
  const source = await readFile(file, 'utf8');
  const [undo] = registers.exec(source) ?? [];
  const [open] = opens.exec(source) ?? [];
  if (undo === undefined || open === undefined)
    throw new Error(`${file} does not register its undo as expected`);
  await writeFile(file, source.replace(undo, '').replace(open, `${open}${undo}`));
  return workflowBundle(folder, [join(folder, 'workflows'), join(folder, 'domain')]);
}
