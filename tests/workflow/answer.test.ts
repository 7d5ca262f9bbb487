/** What `POST /signups` answers where the workflow ends before step 1 is done. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { until } from '../../adapters/waiting.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { signupIdOf } from '../../domain/tokens.ts';
import { postUntilAnswered, uniqueRequest } from '../client.ts';
import { faultAtAccount, temporalClient } from '../inside.ts';
import { theStack } from '../stack.ts';

describe('A signup by workflow that ends before its account is opened', function () {
  this.timeout(60_000);

  for (const [ended, end] of [
    ['cancelled', (handle) => handle.cancel()],
    ['opening', (handle) => handle.terminate()],
  ] as [status: string, end: (handle: Handle) => Promise<unknown>][]) {
    it(`is answered as ${ended} when it is asked for again: ${end.toString().slice(12)}`, async () => {
      const request = uniqueRequest('orchestration');
      const key = randomUUID();
      const id = signupIdOf(request.style, key, theStack().environmentOf('accounts')['VERIFICATION_KEY']!);
      const mend = await faultAtAccount(id, "new.status = 'pending'");
      try {
        const first = await postUntilAnswered(request, { key });
        assert.deepEqual([first.status, first.body.id, first.body.status], [202, id, 'opening']);
        const handle = temporalClient().workflow.getHandle(workflowId(id));
        await end(handle);
        await until('the end of the workflow', async () => (await handle.describe()).closeTime !== undefined);
        const second = await postUntilAnswered(request, { key });
        assert.deepEqual([second.status, second.body.status], [202, ended], JSON.stringify(second.body));
      } finally {
        await mend();
      }
    });
  }
});

type Handle = ReturnType<ReturnType<typeof temporalClient>['workflow']['getHandle']>;
