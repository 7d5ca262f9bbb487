/**
 * The envelope that an event travels in. It carries the attributes of CloudEvents 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md), and `style`, `attempts`, `group` and
 * `dataversion` as extensions of ours. Listeners ignore fields they do not know, and read data of an older version as that of the
 * present one.
 */
import { v5 as uuidv5 } from 'uuid';
import { z } from 'zod';
import { eventSchemas, keyOf, upcast, versionOf, type EventType, type Fact } from './events.ts';
import { styles, type Style } from './signup.ts';

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
  group: z.string().optional(),
  data: z.unknown(),
});

/**
 * A fact in its envelope. `subject` is the signup id (the correlation), `time` is in the signup's own time, `attempts` how
 * many it took to come to it, `group` what the signup was started together with: said once, where it begins.
 */
export type Envelope<T extends EventType = EventType> = Omit<
  z.infer<typeof envelopeSchema>,
  'type' | 'data'
> &
  Fact<T>;

/**
 * Whose event it is, about which signup of which style, when (in its own time), which event caused it, how many attempts it
 * took, and where the signup begins, its group. The id is derived unless one is given.
 */
export type About = {
  source: string;
  style: Style;
  signupId: string;
  time: string;
  causationId?: string | undefined;
  attempts?: number | undefined;
  group?: string | undefined;
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
    ...(about.group === undefined ? {} : { group: about.group }),
    type: fact.type,
    data: eventSchemas[fact.type].parse(fact.data),
  } as Envelope;
}

/** The bytes are no event that this version understands: they can only be set aside. */
export class UnreadableEvent extends Error {
  override name = 'UnreadableEvent';
}

/** Reads an envelope from the text on the wire. Throws `UnreadableEvent` for anything but a known type, version and shape. */
export function readEnvelope(content: string): Envelope {
  return envelopeFrom(parsed(content));
}

/**
 * Reads one envelope, or a batch of them: a list, as in the JSON batch format of CloudEvents. One that cannot be read
 * does not keep the others from being read.
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
