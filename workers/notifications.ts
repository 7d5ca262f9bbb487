/**
 * The notifications service: its reactions in the chain, and its Temporal worker. One OS process for both, so that "notifications is
 * down" means the same for both styles.
 */
import { notificationSteps } from '../activities/notifications.ts';
import { openMail } from '../adapters/mail.ts';
import { openDatabase } from '../adapters/postgres.ts';
import { openSms } from '../adapters/sms.ts';
import { notificationsReactions, removalsOfOldNotifications } from '../choreography/notifications.ts';
import { configuredRetryPolicy, requireConfig } from '../adapters/config.ts';
import { enterInstance } from '../messaging/instance.ts';
import { startObserver } from '../messaging/observations.ts';
import { startChainService } from '../messaging/service.ts';
import { rabbitmqQueue } from '../messaging/transports/rabbitmq-queue.ts';
import { notificationActivities } from '../coordinators/workflow/temporal-activities.ts';
import { temporalAddress } from '../coordinators/workflow/connection.ts';
import { observing } from '../coordinators/workflow/observer.ts';
import { installRuntime, startTemporalWorker } from '../coordinators/workflow/worker.ts';
import { stylesPlayedBy } from '../domain/styles.ts';
import { migrate } from '../adapters/migrate.ts';
import { injectionInto } from './shared/injection.ts';
import { runProcess } from './shared/process.ts';
import { backlogReading, setAsideReading } from './shared/readings.ts';

const [chainStyle] = stylesPlayedBy('chain');
const [workflowStyle] = stylesPlayedBy('workflow');

await runProcess('notifications', async (log, metrics) => {
  const config = requireConfig([
    'DATABASE_URL',
    'AMQP_URL',
    'SMTP_URL',
    'MAIL_FROM',
    'SMS_URL',
    'SMS_ACCOUNT_SID',
    'SMS_AUTH_TOKEN',
    'SMS_FROM',
    'PUBLIC_URL',
  ]);
  const retry = configuredRetryPolicy();
  installRuntime(log);
  await migrate(config.DATABASE_URL, 'notifications', (reason) =>
    log.warn({ reason }, 'waiting for the database'),
  );
  const inject = await injectionInto('notifications');
  const database = inject.database(openDatabase(config.DATABASE_URL));
  const instance = await enterInstance(database);
  const mail = inject.mail(openMail(config.SMTP_URL, config.MAIL_FROM));
  const sms = openSms({
    url: config.SMS_URL,
    accountSid: config.SMS_ACCOUNT_SID,
    authToken: config.SMS_AUTH_TOKEN,
    from: config.SMS_FROM,
    publicUrl: config.PUBLIC_URL,
  });
  const steps = notificationSteps({ database, mail, sms, instance });
  const chain = await startChainService({
    service: 'notifications',
    style: chainStyle,
    database,
    instance: instance.id,
    transport: rabbitmqQueue({ url: config.AMQP_URL, database }),
    reactions: notificationsReactions,
    steps,
    removals: removalsOfOldNotifications,
    retry,
    onRetry: metrics.retried,
    log,
  });
  metrics.reads(backlogReading('notifications', chain));
  metrics.reads(setAsideReading(chain));
  const observer = startObserver(database);
  const worker = startTemporalWorker(
    temporalAddress(),
    inject.worker({
      taskQueue: 'notifications',
      activities: notificationActivities(database, steps),
      interceptors: {
        activity: [observing(workflowStyle, observer.observe, metrics.retried)],
      },
    }),
    log,
  );
  return {
    notReady: () => (chain.isConnected() ? (worker.isPolling() ? undefined : 'temporal') : 'the broker'),
    async stop() {
      await Promise.all([chain.stop(), worker.stop()]);
      await observer.stop();
      mail.close();
      await sms.close();
      await instance.leave();
      await database.end();
    },
  };
});
