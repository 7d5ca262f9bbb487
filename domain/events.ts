/**
 * The events of the chain: facts about an account or a message, past tense, entity first. No event is a command: what
 * follows is the listener's decision. Here is what each of them says, in its present version, and the key by which a
 * service listens to it; what it travels in is in `envelope.ts`.
 */
import { z } from 'zod';
import {
  channelNames,
  closeReasons,
  messages,
  reminders,
  remindersAtFirst,
  type Channel,
  type Purpose,
} from './process.ts';
import { deliveryResults, Person } from './signup.ts';
import { openRefusals } from './steps.ts';

// Cost 1 (choreography): an event carries all that its listeners may need, personal data and the link included,
// because a listener cannot ask back. The broker and every delivery table hold a copy of it for a while.
const person = Person.shape;
const message = {
  messageId: z.string(),
  channel: z.enum(channelNames),
  purpose: z.enum(Object.keys(messages) as Purpose[]),
};
const unsent = { ...message, reason: z.string() };

/** Schema of each event's `data`, by type. */
export const eventSchemas = {
  'account.opened': z.object({ ...person, verificationLink: z.string(), verifyBy: z.iso.datetime() }),
  'account.refused': z.object({ refusal: z.enum(openRefusals), message: z.string() }),
  // By the channels that there were when it was told.
  'account.notified': z.partialRecord(z.enum(channelNames), z.enum(deliveryResults)),
  // For the n-th time, of how many there will be: what follows is the listener's decision.
  'account.left-unverified': z.object({
    ...person,
    verificationLink: z.string(),
    times: z.int(),
    of: z.int(),
  }),
  'account.activated': Person,
  'account.closed': z.object({ ...person, reason: z.enum(closeReasons) }),
  'message.sent': z.object(message),
  'message.undeliverable': z.object(unsent),
  'message.skipped': z.object(unsent),
  // Told by a service to itself alone: one of its timers is due.
  'timer.due': z.object({ timer: z.string(), about: z.record(z.string(), z.unknown()) }),
  // An operator asks for it: each service tries again what it has parked.
  'resume.requested': z.object({}),
  // A listener may have missed what was told under these keys since then, or ever: each service tells its own again.
  'retell.requested': z.object({ keys: z.array(z.string()), since: z.iso.datetime().optional() }),
} as const;

export type EventType = keyof typeof eventSchemas;
export type EventData<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;

/** A fact to be told: what a reaction returns. */
export type Fact<T extends EventType = EventType> = { [K in T]: { type: K; data: EventData<K> } }[T];

// #region versions
/** What brings the data of an older version of an event up to the next one, the first version first. */
const upcasts: Partial<Record<EventType, readonly Upcast[]>> = {
  // Version 1 did not say how many there would be: there were two.
  'account.left-unverified': [(data) => ({ ...data, of: remindersAtFirst })],
};
type Upcast = (data: Record<string, unknown>) => Record<string, unknown>;

/** The version of an event's data that is told now; all before it are still understood. */
export const versionOf = (type: EventType) => 1 + (upcasts[type]?.length ?? 0);

/** The data of any version up to the present one, as the present one has it. */
export function upcast(type: EventType, version: number, data: unknown): unknown {
  const steps = upcasts[type]?.slice(version - 1) ?? [];
  return steps.reduce((older, step) => step(older as Record<string, unknown>), data);
}
// #endregion

type MessageFate = 'sent' | 'undeliverable' | 'skipped';

/** The key of an event about a message: by it a service listens to just the messages that concern it. */
type MessageKey<F extends MessageFate = MessageFate> = {
  [P in Purpose]: `${(typeof messages)[P][number]}.${F}.${P}`;
}[Purpose];

/** What an event is listened to by, its routing key on a broker: its type, or of a message also which one it is. */
export type EventKey = Exclude<EventType, `message.${MessageFate}`> | MessageKey;

/** The type of the events of a key. */
export type TypeOf<K extends EventKey> = K extends EventType
  ? K
  : { [F in MessageFate]: K extends MessageKey<F> ? `message.${F}` : never }[MessageFate];

/** The key of a fact. */
export function keyOf({ type, data }: Fact): EventKey {
  if (!isAboutMessage(type)) return type;
  const { channel, purpose } = data as EventData<'message.sent'>;
  return messageKey(channel, type, purpose);
}

const fates = {
  'message.sent': 'sent',
  'message.undeliverable': 'undeliverable',
  'message.skipped': 'skipped',
} as const;

const isAboutMessage = (type: EventType): type is keyof typeof fates => Object.hasOwn(fates, type);

function messageKey(channel: Channel, type: keyof typeof fates, purpose: Purpose): MessageKey {
  return `${channel}.${fates[type]}.${purpose}` as MessageKey;
}

/** The keys of what is sent for a purpose, over all its channels. */
const keysAbout = (purpose: Purpose, ...types: (keyof typeof fates)[]) =>
  messages[purpose].flatMap((channel) => types.map((type) => messageKey(channel, type, purpose)));

/** The keys that some service listens to. */
const heard: ReadonlySet<EventKey> = new Set([
  'account.opened',
  'account.left-unverified',
  'account.activated',
  'account.closed',
  ...keysAbout('welcome', 'message.sent', 'message.undeliverable'),
  ...reminders.flatMap(({ purpose }) => keysAbout(purpose, 'message.sent')),
]);

/** The keys of messages, of every fate. */
const messageKeys = (Object.keys(messages) as Purpose[]).flatMap((purpose) =>
  keysAbout(purpose, 'message.sent', 'message.undeliverable', 'message.skipped'),
);

/** The keys that no service listens to. Their facts are told all the same, to listeners that may come one day. */
export const withoutReaction: readonly EventKey[] = (
  ['account.refused', 'account.notified', ...messageKeys] as const
).filter((key) => !heard.has(key));
