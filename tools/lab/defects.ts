/**
 * Processes as they should not be: the control group, one defect each, and the conditions of two faults. Each is put around the
 * adapters of a process when it starts, as small as it can be told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import amqp from 'amqplib';
import type { QueryConfig } from 'pg';
import type { MailProvider } from '../../adapters/mail.ts';
import type { WorkerSettings } from '../../workers/shared/injection.ts';
import type { Conditions } from './armed.ts';

type Named = QueryConfig & { name: string };

/** What is different in a process with the defect. */
export type Defect = {
  /** What is sent instead of a statement. */
  statement?: (query: Named) => Named;
  mail?: (provider: MailProvider) => MailProvider;
  worker?: (settings: WorkerSettings) => WorkerSettings;
};

/** A statement without a part of its text, which must be there. */
const without = (name: string, part: RegExp) => (query: Named) => {
  if (query.name !== name) return query;
  if (!part.test(query.text)) throw new Error(`the statement ${name} has nothing like ${part}`);
  return { ...query, name: `defective ${name}`, text: query.text.replace(part, '') };
};

/** Answers as the statement that writes events, and writes none. */
const writingNothing = (query: Named) => ({
  ...query,
  name: `defective ${query.name}`,
  text: `select (envelope ->> 'id')::uuid as id
         from jsonb_to_recordset($1::jsonb) as told (key text, envelope jsonb)`,
});

const sendsAgain: Defect = {
  statement: without('claim-sends', /where sends\.state = 'claimed'[\s\S]*?(?=returning)/),
};

const longestDelayMs = 1500;

/** By name; each is made as the process starts. */
export const defects: Record<string, (conditions: Conditions) => Defect> = {
  /** Events leave from memory after the commit, as if they were written, and are written nowhere. */
  'choreography-without-outbox': () => ({
    statement: (query) => (query.name === 'insert-events' ? writingNothing(query) : query),
  }),
  /** A message is acknowledged as it comes, before anything was done about it. */
  'choreography-acknowledges-first': () => {
    eachChannel((channel) => {
      const consume = channel.consume.bind(channel);
      channel.consume = (queue, take, options) => {
        // RabbitMQ closes the connection over a stream that is read so.
        if (options?.arguments?.['x-stream-offset'] !== undefined) return consume(queue, take, options);
        channel.ack = () => {};
        return consume(queue, take, { ...options, noAck: true });
      };
    });
    return {};
  },
  /** No message is known again, and each copy of one that counts is counted: that alone would show in nothing. */
  'choreography-without-deliveries': () => {
    const knowsNone = without('settle', /where deliveries\.state <> 'done'/);
    const countsEach = without('add-reminder', /and \$2 <> all \(reminded\)/);
    return { statement: (query) => countsEach(knowsNone(query)) };
  },
  /** A message is sent as often as the step is taken. */
  'choreography-steps-not-idempotent': () => sendsAgain,
  'orchestration-steps-not-idempotent': () => sendsAgain,
  /** The undo is registered once the step is known to be done. */
  'orchestration-undo-after-step': ({ workflowBundle: codePath }) => ({
    worker: (settings) =>
      settings.workflowBundle && codePath !== undefined
        ? { ...settings, workflowBundle: { codePath } }
        : settings,
  }),

  /** Messages and tasks overtake each other: each waits for a time of its own. */
  'out-of-order': () => {
    eachChannel((channel) => {
      if (!('waitForConfirms' in channel)) return;
      const publish = channel.publish.bind(channel);
      channel.publish = (...message) => {
        setTimeout(() => publish(...message), ownDelayMs(message[3]?.messageId));
        return true;
      };
    });
    return {
      worker: (settings) =>
        around(settings, async (_, id, next) => {
          await delay(ownDelayMs(id));
          return next();
        }),
    };
  },
  /** The answer of each first attempt at a step is lost, so the step is taken again. */
  'answers-lost': () => ({
    worker: (settings) =>
      around(settings, async (attempt, _, next) => {
        const answer = await next();
        if (attempt === 1) throw new Error('the answer was lost');
        return answer;
      }),
  }),
  /** A mistake in the code that sends mails. */
  'bug-in-a-step': () => ({
    mail: (provider) => ({
      ...provider,
      async send() {
        throw new TypeError("Cannot read properties of undefined (reading 'toLowerCase')");
      },
    }),
  }),
};

function around(
  settings: WorkerSettings,
  wrap: (attempt: number, id: string, next: () => Promise<unknown>) => Promise<unknown>,
): WorkerSettings {
  const { activity = [] } = settings.interceptors ?? {};
  return {
    ...settings,
    interceptors: {
      ...settings.interceptors,
      activity: [
        ({ info }) => ({
          inbound: {
            execute: (input, next) =>
              wrap(info.attempt, `${info.workflowExecution?.workflowId} ${info.activityId}`, () =>
                next(input),
              ),
          },
        }),
        ...activity,
      ],
    },
  };
}

/** The same for the same message, in every run. */
function ownDelayMs(id: unknown): number {
  let sum = 7;
  for (const character of String(id)) sum = (sum * 31 + character.charCodeAt(0)) % 100_003;
  return sum % longestDelayMs;
}

/** Changes each channel that this process opens to the broker from now on. */
function eachChannel(change: (channel: amqp.Channel | amqp.ConfirmChannel) => void): void {
  const connect = amqp.connect.bind(amqp);
  amqp.connect = (async (
    url: never,
    options: { recovery?: { setup?: (model: amqp.ChannelModel) => Promise<void> } },
  ) =>
    connect(url, {
      ...options,
      recovery: {
        ...options.recovery,
        async setup(model: amqp.ChannelModel) {
          for (const name of ['createChannel', 'createConfirmChannel'] as const) {
            const create = model[name].bind(model) as () => Promise<amqp.ConfirmChannel>;
            model[name] = async () => {
              const channel = await create();
              change(channel);
              return channel;
            };
          }
          await options.recovery?.setup?.(model);
        },
      },
    } as never)) as never;
}
