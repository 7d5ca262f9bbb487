/** The accounts service: its part in the chain, and its Temporal worker, which also plays the workflow, as it owns the process. */
import { accountSteps } from '../activities/accounts.ts';
import { accountsReactions } from '../choreography/accounts.ts';
import { accountActivities } from '../coordinators/workflow/temporal-activities.ts';
import { runService } from './shared/service.ts';

await runService(
  'accounts',
  ['VERIFICATION_KEY', 'PUBLIC_URL', 'WORKFLOW_BUNDLE'],
  ({ VERIFICATION_KEY: key, PUBLIC_URL: publicUrl, WORKFLOW_BUNDLE: codePath }, { database }) => {
    const steps = accountSteps({ key, publicUrl });
    return {
      steps,
      reactions: accountsReactions,
      worker: { activities: accountActivities(database, steps), workflowBundle: { codePath } },
    };
  },
);
