/** The floor's api: starts a workflow by update-with-start, as ours does, and answers once the first activity is done. */
import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation } from '@temporalio/client';
import express from 'express';
import { openClient, temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { runProcess } from '../../../workers/shared/process.ts';
import { openedUpdate, type floor } from './workflows/index.ts';

await runProcess(
  'floor-workflow api',
  [],
  async ({ config }) => {
    const { client, connection } = openClient(temporalAddress());
    const app = express();
    app.get(['/health/live', '/health/ready'], (_request, response) => void response.json({ status: 'up' }));
    app.post('/signups', async (_request, response) => {
      const id = randomUUID();
      await client.workflow.executeUpdateWithStart(openedUpdate, {
        updateId: 'opened',
        startWorkflowOperation: new WithStartWorkflowOperation<typeof floor>('floor', {
          workflowId: `floor-${id}`,
          taskQueue: 'floor-accounts',
          args: [id],
          workflowIdConflictPolicy: 'USE_EXISTING',
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowTaskTimeout: '5 seconds',
        }),
      });
      response.status(202).json({ id });
    });
    const server = app.listen(config.PORT, '127.0.0.1');
    return {
      notReady: () => undefined,
      async stop() {
        server.close();
        await connection.close();
      },
    };
  },
  { health: false },
);
