/** The code with a change compiles: what else is with a change, its own tests play. */
import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { changes, patchedTree } from '../patched.ts';
import { repository } from '../../tools/platform/folders.ts';

describe('The code with a change', function () {
  this.timeout(240_000);

  for (const change of changes) {
    it(`type-checks: ${change}`, async () => {
      const tree = patchedTree(change);
      // The bench takes helpers of the tests, which are not of the copy.
      const config = { extends: './tsconfig.json', exclude: ['node_modules', 'build', 'tools/bench'] };
      writeFileSync(join(tree, 'tsconfig.copy.json'), JSON.stringify(config));
      const projects = [join(tree, 'tsconfig.copy.json'), join(tree, 'workflows', 'tsconfig.json')];
      assert.deepEqual(await Promise.all(projects.map(typeErrors)), ['', '']);
    });
  }
});

/** What the compiler complains of. */
async function typeErrors(project: string): Promise<string> {
  const compiler = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
  try {
    await promisify(execFile)(process.execPath, [compiler, '--project', project]);
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
