/**
 * The floor's workflow worker, with the settings of ours. Whoever measures looks into a database, for this system as for the
 * others: so the ids of those notified are written there, beside the activity, which does not wait for it.
 */
import pg from 'pg';
import { temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { installRuntime, startTemporalWorker } from '../../../coordinators/workflow/worker.ts';
import { runProcess } from '../../../workers/shared/process.ts';
import { nothing, type FloorActivities } from './activities.ts';

await runProcess('floor-workflow accounts', ['DATABASE_URL', 'WORKFLOW_BUNDLE'], async ({ config, log }) => {
  installRuntime(log);
  const database = new pg.Client({ connectionString: config.DATABASE_URL });
  await database.connect();
  let notified: string[] = [];
  let writing: Promise<void> | undefined;
  const activities: Pick<FloorActivities, 'openAccount' | 'recordNotified'> = {
    openAccount: nothing,
    async recordNotified(id) {
      notified.push(id);
      writing ??= write();
    },
  };
  const worker = startTemporalWorker(
    temporalAddress(),
    { taskQueue: 'floor-accounts', activities, workflowBundle: { codePath: config.WORKFLOW_BUNDLE } },
    log,
  );
  return {
    notReady: () => (worker.isPolling() ? undefined : 'temporal'),
    async stop() {
      await worker.stop();
      await writing;
      await database.end();
    },
  };

  /** What came in while the last ids were written goes out with the next. */
  async function write(): Promise<void> {
    while (notified.length > 0) {
      const ids = notified;
      notified = [];
      await database.query({
        name: 'notified',
        text: 'insert into notified (id) select unnest($1::uuid[]) on conflict do nothing',
        values: [ids],
      });
    }
    writing = undefined;
  }
});
