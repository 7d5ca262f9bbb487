/** The tracker process: it watches every style, and keeps what lists, the chain's histories and the feed show. */
import { openDatabase } from '../adapters/postgres.ts';
import { startCatchUp } from '../coordinators/workflow/catch-up.ts';
import { removalOfOld, startHousekeeping } from '../messaging/housekeeping.ts';
import { openClient, temporalAddress } from '../coordinators/workflow/connection.ts';
import { stylesPlayedBy } from '../domain/styles.ts';
import { migrate } from '../adapters/migrate.ts';
import { note } from '../tracking/note.ts';
import { startTracker, watched } from '../tracking/tracker.ts';
import { runProcess } from './shared/process.ts';
import { trackerReading } from './shared/readings.ts';

const [workflowStyle] = stylesPlayedBy('workflow');

await runProcess('tracker', ['DATABASE_URL'], async ({ config, log, metrics }) => {
  const temporal = temporalAddress();
  await migrate(config.DATABASE_URL, 'tracker', (reason) => log.warn({ reason }, 'waiting for the database'));
  const database = openDatabase(config.DATABASE_URL, { connections: 6 });
  metrics.reads(trackerReading(database));
  const { client, connection } = openClient(temporal);
  const catchingUp = startCatchUp({
    style: workflowStyle,
    client,
    connection,
    database,
    // The history has all that came before, in its order.
    note: (observations) => note(database, 'history', observations, { isOverdue: () => true }),
    onProblem: ({ message }) => log.warn({ reason: message }, 'cannot catch up on workflows, will try again'),
  });
  const tracker = startTracker({
    database,
    onMissed: ({ signupId, style }) => style === workflowStyle && catchingUp.read(signupId),
    onTrouble: (service, { message }) =>
      log.warn({ service, reason: message }, 'cannot read what a service tells, will try again'),
  });
  const housekeeping = startHousekeeping({
    database,
    // Of the list nothing is removed: it is as long as there are accounts.
    removals: [removalOfOld('feed', 'noted_at'), removalOfOld('steps', 'at', { where: "kind <> 'parked'" })],
    onProblem: ({ message }) =>
      log.warn({ reason: message }, 'old rows are not removed before the next hour'),
  });
  return {
    // Temporal may be away: what is missed meanwhile is caught up later.
    notReady: () => (tracker.inTrouble().length === watched.length ? 'the database' : undefined),
    async stop() {
      await Promise.all([catchingUp.stop(), tracker.stop(), housekeeping.stop()]);
      await connection.close();
      await database.end();
    },
  };
});
