/**
 * The events of the chain: facts about an account or a message, past tense, entity first. No event is a command: what
 * follows is the listener's decision. The envelope carries the attributes of CloudEvents 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), and `style` as an extension of ours. Listeners ignore
 * fields they do not know.
 */
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import {
  closeReasons,
  messages,
  reminders,
  remindersAtFirst,
  sendingSteps,
  type Channel,
  type Purpose,
} from './process.ts';
import { deliveryResults, styles, type Style } from './signup.ts';
import { openRefusals } from './steps.ts';

// Cost 1 (choreography): an event carries all that its listeners may need, personal data and the link included,
// because a listener cannot ask back. The broker and every delivery table hold a copy of it for a while.
const person = { email: z.string(), phone: z.string().optional(), name: z.string().optional() };
const channels = Object.keys(sendingSteps) as Channel[];
const message = {
  messageId: z.string(),
  channel: z.enum(channels),
  purpose: z.enum(Object.keys(messages) as Purpose[]),
};
const unsent = { ...message, reason: z.string() };

/** Schema of each event's `data`, by type. */
export const eventSchemas = {
  'account.opened': z.object({ ...person, verificationLink: z.string(), verifyBy: z.iso.datetime() }),
  'account.refused': z.object({ refusal: z.enum(openRefusals), message: z.string() }),
  'account.notified': z.object({ email: z.enum(deliveryResults), sms: z.enum(deliveryResults) }),
  // For the n-th time, of how many there will be: what anybody makes of it is theirs.
  'account.left-unverified': z.object({
    ...person,
    verificationLink: z.string(),
    times: z.int(),
    of: z.int(),
  }),
  'account.activated': z.object(person),
  'account.closed': z.object({ ...person, reason: z.enum(closeReasons) }),
  'message.sent': z.object(message),
  'message.undeliverable': z.object(unsent),
  'message.skipped': z.object(unsent),
  // What a service tells itself, and nobody else: something it wanted to be reminded of is due.
  'timer.due': z.object({ timer: z.string(), about: z.record(z.string(), z.unknown()) }),
  // What an operator asked for: each service tries again what it has parked.
  'resume.requested': z.object({}),
  // A listener may have missed what was told under these keys since then, or ever: each service tells its own again.
  'retell.requested': z.object({ keys: z.array(z.string()), since: z.iso.datetime().optional() }),
} as const;

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

/** The keys of messages, of every fate. */
const messageKeys = (Object.entries(messages) as [Purpose, readonly Channel[]][]).flatMap(([purpose, over]) =>
  over.flatMap((channel) =>
    (Object.keys(fates) as (keyof typeof fates)[]).map((type) => messageKey(channel, type, purpose)),
  ),
);

/** The keys that some service listens to. */
const heard: ReadonlySet<EventKey> = new Set([
  'account.opened',
  'account.left-unverified',
  'account.activated',
  'account.closed',
  'email.sent.welcome',
  'email.undeliverable.welcome',
  'sms.sent.welcome',
  'sms.undeliverable.welcome',
  ...reminders.map(({ purpose }) => `email.sent.${purpose}` as const),
]);

/** The keys that no service listens to. Their facts are told all the same, to whoever may listen one day. */
export const withoutReaction: readonly EventKey[] = (
  ['account.refused', 'account.notified', ...messageKeys] as const
).filter((key) => !heard.has(key));

// #region versions
/** What brings the data of an older version of an event up to the next one, the first version first. */
const upcasts: Partial<Record<EventType, readonly Upcast[]>> = {
  // Version 1 did not say how many there would be: there were two.
  'account.left-unverified': [(data) => ({ ...data, of: remindersAtFirst })],
};
type Upcast = (data: Record<string, unknown>) => Record<string, unknown>;

/** The version of an event's data that is told now; all before it are still understood. */
const versionOf = (type: EventType) => 1 + (upcasts[type]?.length ?? 0);

/** The data of any version up to the present one, as the present one has it. */
function upcast(type: EventType, version: number, data: unknown): unknown {
  const steps = upcasts[type]?.slice(version - 1) ?? [];
  return steps.reduce((older, step) => step(older as Record<string, unknown>), data);
}
// #endregion

export type EventType = keyof typeof eventSchemas;
export type EventData<T extends EventType> = z.infer<(typeof eventSchemas)[T]>;

/** A fact to be told: what a reaction returns. */
export type Fact<T extends EventType = EventType> = { [K in T]: { type: K; data: EventData<K> } }[T];

const envelopeSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.uuid(),
  source: z.string(),
  type: z.string(),
  subject: z.uuid(),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  causationid: z.uuid().optional(),
  traceparent: z.string().optional(),
  style: z.enum(styles),
  dataversion: z.int().min(1),
  attempts: z.int().optional(),
  data: z.unknown(),
});

/**
 * A fact in its envelope. `subject` is the signup id (the correlation), `time` is in the signup's own time, `attempts` how
 * many it took to come to it.
 */
export type Envelope<T extends EventType = EventType> = Omit<
  z.infer<typeof envelopeSchema>,
  'type' | 'data'
> &
  Fact<T>;

/**
 * Whose event it is, about which signup of which style, when (in its own time), which event caused it, and how many attempts it
 * took. The id is derived unless one is given.
 */
export type About = {
  source: string;
  style: Style;
  signupId: string;
  time: string;
  causationId?: string | undefined;
  attempts?: number | undefined;
  id?: string | undefined;
};

/** The subject of an event that is about no signup. */
export const noSignup = '00000000-0000-0000-0000-000000000000';

/**
 * Wraps a fact for sending. The id is derived from the signup, the key and the cause, so that a reaction that is
 * repeated tells the same event again, not a second one.
 */
export function envelop(fact: Fact, about: About): Envelope {
  const { id = uuidv5(`${keyOf(fact)} ${about.causationId ?? ''}`, about.signupId) } = about;
  const traced = about.signupId === noSignup ? id : about.signupId;
  return {
    specversion: '1.0',
    id,
    source: about.source,
    subject: about.signupId,
    time: about.time,
    style: about.style,
    datacontenttype: 'application/json',
    ...(about.causationId === undefined ? {} : { causationid: about.causationId }),
    traceparent: `00-${traced.replaceAll('-', '')}-${id.replaceAll('-', '').slice(0, 16)}-01`,
    dataversion: versionOf(fact.type),
    attempts: about.attempts ?? 1,
    type: fact.type,
    data: eventSchemas[fact.type].parse(fact.data),
  } as Envelope;
}

/** The bytes are no event that this version understands: nothing can be done with them but to set them aside. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent';
}

/** Reads an envelope from the text on the wire. Throws `UnreadableEvent` for anything but a known type, version and shape. */
export function readEnvelope(content: string): Envelope {
  return envelopeFrom(parsed(content));
}

/**
 * Reads one envelope, or a batch of them: a list, as in the JSON batch format of CloudEvents. One that cannot be read keeps nobody
 * from reading the others.
 */
export function readEnvelopes(content: string): { readable: Envelope[]; unreadable: UnreadableEvent[] } {
  const unreadable: UnreadableEvent[] = [];
  const orAside = <T>(read: () => T): T[] => {
    try {
      return [read()];
    } catch (error) {
      if (!(error instanceof UnreadableEvent)) throw error;
      unreadable.push(error);
      return [];
    }
  };
  const bodies = orAside(() => parsed(content)).flat();
  return { readable: bodies.flatMap((json) => orAside(() => envelopeFrom(json))), unreadable };
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UnreadableEvent('the message is not JSON', { cause });
  }
}

/** An envelope that was kept, as this version has it: it may be older than this code. Throws `UnreadableEvent`. */
export function asOfNow(envelope: Envelope): Envelope {
  return envelope.dataversion === versionOf(envelope.type) ? envelope : envelopeFrom(envelope);
}

function envelopeFrom(json: unknown): Envelope {
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success)
    throw new UnreadableEvent(`the envelope is not readable: ${z.prettifyError(envelope.error)}`);
  const { type, dataversion: version } = envelope.data;
  if (!isEventType(type)) throw new UnreadableEvent(`the event type \`${type}\` is not known`);
  if (version > versionOf(type))
    throw new UnreadableEvent(`version ${version} of \`${type}\` is later than what is known here`);
  const data = eventSchemas[type].safeParse(upcast(type, version, envelope.data.data));
  if (!data.success)
    throw new UnreadableEvent(`the data of \`${type}\` is not readable: ${z.prettifyError(data.error)}`);
  return { ...envelope.data, dataversion: versionOf(type), data: data.data } as Envelope;
}

function isEventType(type: string): type is EventType {
  return Object.hasOwn(eventSchemas, type);
}
