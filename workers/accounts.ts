/**
 * The accounts service: its part in the chain, its Temporal worker, which also plays the workflow, as it owns the process, and the
 * poller of the signups that are played by calls.
 */
import { accountSteps } from '../activities/accounts.ts';
import { accountsReactions } from '../choreography/accounts.ts';
import { startPoller } from '../coordinators/calls/poller.ts';
import { accountActivities } from '../coordinators/workflow/temporal-activities.ts';
import { stylesPlayedBy } from '../domain/styles.ts';
import { callingNeeds, openCalls } from './shared/calls.ts';
import { runService } from './shared/service.ts';

await runService(
  'accounts',
  ['VERIFICATION_KEY', 'PUBLIC_URL', 'WORKFLOW_BUNDLE', ...callingNeeds],
  (config, { database }, { log, metrics }) => {
    const steps = accountSteps({ key: config.VERIFICATION_KEY, publicUrl: config.PUBLIC_URL });
    const calls = openCalls({ config, database, steps, onRetry: metrics.retried });
    const poller = startPoller({
      database,
      styles: stylesPlayedBy('calls'),
      visit: calls.visit,
      onTrouble: ({ message }) => log.warn({ reason: message }, 'a visit faulted, left for the next look'),
    });
    return {
      steps,
      reactions: accountsReactions,
      worker: {
        activities: accountActivities(database, steps),
        workflowBundle: { codePath: config.WORKFLOW_BUNDLE },
      },
      async close() {
        // The calls of a visit are cut, as they may take longer than a stop may.
        await Promise.all([poller.stop(), calls.stop()]);
      },
    };
  },
);
