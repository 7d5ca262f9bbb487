import { strict as assert } from 'node:assert';
import {
  asOfNow,
  envelop,
  readEnvelope,
  readEnvelopes,
  UnreadableEvent,
  type Envelope,
} from '../../domain/envelope.ts';
import { eventSchemas, type Fact } from '../../domain/events.ts';

const signupId = '3f1d3bd4-6d64-5c1c-9f53-0d9f6f3c2a10';
const causationId = '7b0c9d58-0a0f-5f0e-8a35-3a4f0a0f5d11';
const about = {
  source: 'accounts',
  style: 'choreography',
  signupId,
  time: '2026-11-23T12:00:00.000Z',
  causationId,
} as const;
const message = { messageId: 'one', channel: 'email', purpose: 'welcome' } as const;
const sent: Fact = { type: 'message.sent', data: message };
const opened: Fact = {
  type: 'account.opened',
  data: { email: 'ada@example.com', verificationLink: 'http://any', verifyBy: about.time },
};

/** The text of an envelope on the wire, with some attributes changed; `undefined` leaves one out. */
const wire = (changes: Record<string, unknown> = {}) =>
  JSON.stringify({ ...envelop(sent, about), ...changes });

describe('An event', () => {
  it('carries the attributes of CloudEvents 1.0', () => {
    const { id, traceparent, ...rest } = envelop(sent, about);
    assert.deepEqual(rest, {
      specversion: '1.0',
      source: 'accounts',
      type: 'message.sent',
      style: 'choreography',
      subject: signupId,
      time: about.time,
      datacontenttype: 'application/json',
      causationid: causationId,
      dataversion: 1,
      attempts: 1,
      data: message,
    });
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.ok(traceparent);
  });

  it('has the same id when the same cause is answered again, whatever the clock says by then', () => {
    const later = envelop(sent, { ...about, time: '2026-11-24T00:00:00.000Z' });
    assert.equal(later.id, envelop(sent, about).id);
  });

  it('has another id for another type, cause or signup', () => {
    const ids = [
      envelop(sent, about),
      envelop({ type: 'message.sent', data: { ...message, channel: 'sms' } }, about),
      envelop(sent, { ...about, causationId: signupId }),
      envelop(sent, { ...about, causationId: undefined }),
      envelop(sent, { ...about, signupId: causationId }),
    ].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
  });

  it('has no causation where nothing caused it', () => {
    assert.ok(!('causationid' in envelop(opened, { ...about, causationId: undefined })));
  });

  it('belongs to the trace of its signup, in the form of W3C Trace Context', () => {
    const one = envelop(sent, about);
    const other = envelop(opened, about);
    const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}$/;
    const [, trace, span] = form.exec(one.traceparent ?? '') ?? [];
    const [, otherTrace, otherSpan] = form.exec(other.traceparent ?? '') ?? [];
    assert.equal(trace, signupId.replaceAll('-', ''));
    assert.equal(otherTrace, trace);
    assert.notEqual(otherSpan, span);
  });

  it('is not sent with data of another shape', () => {
    const wrong = { type: 'account.opened', data: { email: 'ada@example.com' } } as unknown as Fact;
    assert.throws(() => envelop(wrong, about), /verificationLink/);
  });

  it('is read as it was written', () => {
    for (const fact of [sent, opened]) {
      const envelope = envelop(fact, about);
      assert.deepEqual(readEnvelope(JSON.stringify(envelope)), envelope);
    }
  });

  it('may carry fields that this version does not know, which are left out', () => {
    const read = readEnvelope(wire({ tenant: 'acme', data: { ...message, provider: 'new' } }));
    assert.deepEqual(read, envelop(sent, about));
  });

  it('of an older version of its data is read as the present one has it', () => {
    const left: Fact = {
      type: 'account.left-unverified',
      data: { email: 'ada@example.com', verificationLink: 'http://any', times: 1, of: 2 },
    };
    const envelope = envelop(left, about);
    assert.equal(envelope.dataversion, 2);
    const { of: _, ...before } = left.data;
    const older = { ...envelope, dataversion: 1, data: before };
    assert.deepEqual(readEnvelope(JSON.stringify(older)), envelope);
    assert.deepEqual(asOfNow(older as Envelope), envelope);
    assert.deepEqual(asOfNow(envelope), envelope);
    const newer = { ...envelope, dataversion: 3 };
    assert.throws(() => readEnvelope(JSON.stringify(newer)), /version 3 of `account.left-unverified`/);
    assert.throws(() => readEnvelope(JSON.stringify({ ...older, dataversion: 2 })), /`of`|of/);
  });

  for (const [what, content] of [
    ['no JSON', 'hello'],
    ['empty', ''],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another version of CloudEvents', wire({ specversion: '2.0' })],
    ['of a later version of its data', wire({ dataversion: 2 })],
    ['of a version before the first', wire({ dataversion: 0 })],
    ['of no data in an older version', wire({ type: 'account.left-unverified', data: null })],
    ['without a version of its data', wire({ dataversion: undefined })],
    ['of an unknown type', wire({ type: 'email.opened.welcome' })],
    ['of a type that every object has', wire({ type: 'constructor' })],
    ['without data', wire({ data: undefined })],
    ['with data of another type', wire({ type: 'account.opened' })],
    ['with an id that is none', wire({ id: '1' })],
    ['without a signup', wire({ subject: undefined })],
    ['with a signup that is none', wire({ subject: "'; drop table accounts" })],
    ['with a time that is none', wire({ time: 'yesterday' })],
    ['with another content type', wire({ datacontenttype: 'text/plain' })],
  ] as const) {
    it(`is unreadable when it is ${what}`, () => {
      assert.throws(() => readEnvelope(content), UnreadableEvent);
    });
  }

  it('may come in a batch, and one that is unreadable keeps nobody from the others', () => {
    const [one, other] = [envelop(sent, about), envelop(opened, about)];
    assert.deepEqual(readEnvelopes(JSON.stringify([one, other])), { readable: [one, other], unreadable: [] });
    assert.deepEqual(readEnvelopes(JSON.stringify(one)), { readable: [one], unreadable: [] });
    for (const content of [JSON.stringify([{ ...other, data: null }, one]), 'no JSON']) {
      const { readable, unreadable } = readEnvelopes(content);
      assert.deepEqual(readable, content === 'no JSON' ? [] : [one]);
      assert.ok(unreadable[0] instanceof UnreadableEvent);
      assert.equal(unreadable.length, 1);
    }
  });

  it('is a fact about an account or a message, never a command', () => {
    for (const type of Object.keys(eventSchemas)) {
      assert.match(
        type,
        /^(account\.(opened|refused|notified|activated|closed|left-unverified)|message\.(sent|skipped|undeliverable)|timer\.due|(resume|retell)\.requested)$/,
      );
    }
  });
});
