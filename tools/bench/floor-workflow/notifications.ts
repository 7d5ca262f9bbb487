/** The floor's second worker, with the settings of ours: it is asked to send, and sends nothing. */
import { temporalAddress } from '../../../coordinators/workflow/connection.ts';
import { installRuntime, startTemporalWorker } from '../../../coordinators/workflow/worker.ts';
import { runProcess } from '../../../workers/shared/process.ts';
import { nothing, type FloorActivities } from './activities.ts';

await runProcess('floor-workflow notifications', [], async ({ log }) => {
  installRuntime(log);
  const activities: Pick<FloorActivities, 'sendEmail' | 'sendSms'> = { sendEmail: nothing, sendSms: nothing };
  const worker = startTemporalWorker(
    temporalAddress(),
    { taskQueue: 'floor-notifications', activities },
    log,
  );
  return { notReady: () => (worker.isPolling() ? undefined : 'temporal'), stop: worker.stop };
});
