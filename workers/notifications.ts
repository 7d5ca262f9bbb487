/** The notifications service: its part in the chain, its Temporal worker, and its door for callers, all over one mail server and one SMS provider. */
import { notificationSteps } from '../activities/notifications.ts';
import { mailNeeds, openMail } from '../adapters/mail.ts';
import { openSms, smsNeeds } from '../adapters/sms.ts';
import { notificationsReactions, removalsOfOldNotifications } from '../choreography/notifications.ts';
import { servedSteps } from '../coordinators/calls/served-steps.ts';
import { notificationActivities } from '../coordinators/workflow/temporal-activities.ts';
import { runService } from './shared/service.ts';

await runService(
  'notifications',
  [...mailNeeds, ...smsNeeds, 'SERVICE_TOKEN'],
  (config, { database, instance, inject }) => {
    const mail = inject.mail(openMail(config));
    const sms = openSms(config);
    const steps = notificationSteps({ database, mail, sms, instance });
    return {
      steps,
      reactions: notificationsReactions,
      door: servedSteps({ database, steps, token: config.SERVICE_TOKEN }),
      removals: removalsOfOldNotifications,
      worker: { activities: notificationActivities(database, steps) },
      async close() {
        mail.close();
        await sms.close();
      },
    };
  },
);
