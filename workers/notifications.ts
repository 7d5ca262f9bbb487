/** The notifications service: its part in the chain, its Temporal worker, and its door for callers, all over one mail server and one SMS provider. */
import { notificationSteps } from '../activities/notifications.ts';
import { openMail } from '../adapters/mail.ts';
import { openSms } from '../adapters/sms.ts';
import { notificationsReactions, removalsOfOldNotifications } from '../choreography/notifications.ts';
import { servedSteps } from '../coordinators/calls/served-steps.ts';
import { notificationActivities } from '../coordinators/workflow/temporal-activities.ts';
import { runService } from './shared/service.ts';

await runService(
  'notifications',
  [
    'SMTP_URL',
    'MAIL_FROM',
    'SMS_URL',
    'SMS_ACCOUNT_SID',
    'SMS_AUTH_TOKEN',
    'SMS_FROM',
    'PUBLIC_URL',
    'SERVICE_TOKEN',
  ],
  (config, { database, instance, inject }) => {
    const mail = inject.mail(openMail(config.SMTP_URL, config.MAIL_FROM));
    const sms = openSms({
      url: config.SMS_URL,
      accountSid: config.SMS_ACCOUNT_SID,
      authToken: config.SMS_AUTH_TOKEN,
      from: config.SMS_FROM,
      publicUrl: config.PUBLIC_URL,
    });
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
