/** The workflow code as the stack would run it, bundled once per run of the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workflowBundle } from '../../coordinators/workflow/bundle.ts';

let made: Promise<string> | undefined;

/** Path of the bundle of the present workflow code; removed when the process ends. */
export function presentBundle(): Promise<string> {
  made ??= workflowBundle(temporaryFolder());
  return made;
}

/** A folder that is gone when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'duet-bundle-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
