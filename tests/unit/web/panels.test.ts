/** What the panels say: the inbox, the switches, what is broken, and the list of keys. */
import { strict as assert } from 'node:assert';
import { faultNames, faults, type FaultName, type FaultState } from '../../../domain/faults.ts';
import { h } from '../../../web/components/h.ts';
import { render } from '../../../web/components/render.ts';
import type { ArrivalSeen } from '../../../web/page.ts';
import { Broken, wordsOf } from '../../../web/panels/broken.ts';
import { Switches } from '../../../web/panels/faults.ts';
import { Help } from '../../../web/panels/help.ts';
import { InboxList, linesOf, newSince } from '../../../web/panels/inbox.ts';
import { signupUnseen } from '../../../web/seen.ts';
import { stateWhenWell } from './faults.ts';

const at = '2026-01-01T00:00:00.000Z';
const nowMs = Date.parse(at);
const signup = { ...signupUnseen('s-1', 'stream-kafka', nowMs, 'g-1'), status: 'pending' as const };

const arrival = (id: string, more: Partial<ArrivalSeen> = {}): ArrivalSeen => ({
  id,
  channel: 'email',
  to: 'ada@example.com',
  purpose: 'welcome',
  signupId: 's-1',
  subject: 'Welcome',
  text: 'Confirm <here>',
  links: ['http://127.0.0.1:8080/verify/s-1.token'],
  receivedAt: at,
  ...more,
});

const ignored = () => {};

describe('The inbox', () => {
  const show = (arrivals: ArrivalSeen[], signups = [signup], lookedAtMs = 0) =>
    render(
      h(InboxList, { lines: linesOf(arrivals, signups), lookedAtMs, onConfirm: ignored, onLooked: ignored }),
    );

  it('shows a message that arrived twice as one line that says so', () => {
    const html = show([arrival('1'), arrival('2')]);
    assert.match(html, /data-arrived="sendEmail welcome" data-style="stream-kafka" data-times="2"/);
    assert.match(html, /aria-label="arrived 2 times"[^>]*>×2</);
    assert.equal(html.match(/<li/g)?.length, 1);
  });

  it('says by a word what a message came by, and what its lane is', () => {
    const html = show([arrival('1', { channel: 'sms', subject: null, links: [] })]);
    assert.match(html, />SMS<\/span> <b>Kafka<\/b> welcome/);
    assert.doesNotMatch(html, /Confirm address/);
  });

  it('offers to confirm the address until the signup has ended', () => {
    assert.match(show([arrival('1')]), /aria-label="Confirm address, Kafka, welcome"/);
    assert.doesNotMatch(show([arrival('1')], [{ ...signup, status: 'activated' as never }]), /<button/);
  });

  it('leaves out what belongs to other signups, and shows markup as text', () => {
    const html = show([arrival('1'), arrival('2', { signupId: 'another' })]);
    assert.equal(html.match(/<li/g)?.length, 1);
    assert.match(html, /Confirm &lt;here/);
  });

  it('counts what came since it was looked at', () => {
    const lines = linesOf(
      [arrival('1'), arrival('2', { purpose: 'reminder-1', receivedAt: '2026-01-02T00:00:00.000Z' })],
      [signup],
    );
    assert.equal(newSince(lines, nowMs), 1);
    assert.match(show([arrival('1')], [signup]), /1 new/);
    assert.doesNotMatch(show([arrival('1')], [signup], nowMs), / new/);
  });
});

const states = (more: Partial<Record<FaultName, Partial<FaultState>>> = {}): FaultState[] =>
  faultNames.map((name) => ({
    ...stateWhenWell(name, !faults[name].onStageOnly),
    whyNot: faults[name].onStageOnly ? 'It needs `npm run stage`.' : null,
    ...more[name],
  }));

const broken = states({
  'mail-silent': { healsAt: '2026-01-01T00:00:07.000Z', remainingMs: 7000, askedBy: 'terminal' },
});

describe('The switches', () => {
  const show = (of: readonly FaultState[] | null) =>
    render(h(Switches, { states: of, nowMs, onBreak: ignored, onHeal: ignored }));

  it('are there for every fault, each in its group', () => {
    const html = show(states());
    for (const name of faultNames) assert.match(html, new RegExp(`data-fault="${name}"`));
    assert.equal(html.match(/role="switch"/g)?.length, faultNames.length);
  });

  it('say what they need where they cannot be used', () => {
    const html = show(states());
    assert.match(html, /aria-disabled="true" aria-describedby="why-not-poison"/);
    assert.match(html, /id="why-not-poison"[^>]*>It needs <code>npm run stage<\/code>\.</);
    assert.equal(html.match(/id="why-not-mail"/g), null);
  });

  it('name what a reason concerns where it is not all of a group', () => {
    const html = show(states({ 'hold-kafka': { isHere: false, whyNot: 'Kafka is not here.' } }));
    assert.match(html, /Kafka: Kafka is not here\./);
  });

  it('are on while a fault lasts, and have the same words as before', () => {
    const html = show(broken);
    assert.match(html, /data-fault="mail-silent" aria-checked="true"/);
    assert.equal(html.match(/aria-checked="true"/g)?.length, 1);
    const words = (of: string) => of.replaceAll(/<[^>]+>|[○●]/g, '');
    assert.equal(words(html), words(show(states())));
  });

  it('name the part in a row of the way it is cut', () => {
    const html = show(states());
    assert.match(html, /<legend>Reset<\/legend>.*?data-fault="reset-kafka"[^>]*>[^K]*Kafka</);
    assert.match(html, /<legend>Silent<\/legend>.*?data-fault="silence-kafka"[^>]*>[^K]*Kafka</);
  });

  it('say that there is no supervisor to ask', () => {
    assert.match(show(null), /No supervisor to ask/);
  });
});

describe('The top bar', () => {
  const show = (of: readonly FaultState[]) => render(h(Broken, { states: of, nowMs, onHealAll: ignored }));

  it('says what is broken, and offers to heal all in any case', () => {
    assert.match(show(broken), /data-broken-fault="mail-silent">mail silent, 7 s<small> by terminal/);
    const healing = states({ 'hold-kafka': { healsAt: at, remainingMs: 0, askedBy: 'page' } });
    assert.match(show(healing), />Kafka away, heals now</);
    assert.match(show(states()), /nothing is broken/);
    for (const html of [show(broken), show(states())])
      assert.match(html, /aria-keyshortcuts="h"[^>]*>Heal all/);
  });

  it('has words for every fault, each its own', () => {
    assert.equal(new Set(faultNames.map(wordsOf)).size, faultNames.length);
  });
});

describe('The list of keys', () => {
  it('names every key, and can switch them off', () => {
    const html = render(h(Help, { areKeysOn: true, links: {}, onKeys: ignored, onClose: ignored }));
    for (const key of ['s', 'h', 'p', '?', 'Space', 'Escape'])
      assert.ok(html.includes(`<kbd>${key}</kbd>`), key);
    assert.match(html, /type="checkbox" checked/);
  });
});
