/** What the page says aloud: ends and trouble of the group that is looked at, and what is broken; never a crowd. */
import { strict as assert } from 'node:assert';
import { styles } from '../../../domain/signup.ts';
import { traits } from '../../../domain/styles.ts';
import { hashOf, placeIn } from '../../../web/place.ts';
import type { Entry } from '../../../web/seen.ts';
import { nothingSaid, sentencesSince } from '../../../web/speech.ts';
import { createStore } from '../../../web/state.ts';
import { entryOf } from './entries.ts';

const [style] = styles;
const at = '2026-01-01T00:00:00.000Z';
const entry = (id: number, step: string, kind: Entry['kind'], more: Partial<Entry> = {}): Entry =>
  entryOf({ id, signupId: 'one', style, step, kind, at, ...more });

describe('What the page says aloud', () => {
  it('is what the selected group came to since, each once', () => {
    const store = createStore();
    store.select('g-1');
    const { said } = sentencesSince(nothingSaid, store.page);
    store.apply([
      entry(1, 'sendEmail welcome', 'done', { attempts: 3 }),
      entry(2, 'openAccount', 'done', { signupId: 'another', group: 'crowd-1' }),
    ]);
    const first = sentencesSince(said, store.page);
    assert.deepEqual(first.sentences, [
      `${traits[style].title}: send the welcome mail, done after 3 attempts.`,
    ]);
    assert.deepEqual(sentencesSince(first.said, store.page).sentences, []);
  });

  it('is what broke, and what was healed', () => {
    const store = createStore();
    const state = {
      name: 'mail-silent',
      isHere: true,
      whyNot: null,
      remainingMs: 1,
      askedBy: 'page',
    } as const;
    store.change({ faults: [{ ...state, healsAt: at }] });
    const broken = sentencesSince(nothingSaid, store.page);
    assert.match(broken.sentences.join(), /^Broken: The mail server/);
    store.change({ faults: [{ ...state, healsAt: null }] });
    assert.deepEqual(sentencesSince(broken.said, store.page).sentences, ['Healed: mail silent.']);
    const poisoned = { ...broken.said, broken: new Set(['poison'] as const) };
    assert.deepEqual(sentencesSince(poisoned, store.page).sentences, ['Healed: poison.']);
  });

  it('is nothing of a group that is only now looked at', () => {
    const store = createStore();
    store.apply([entry(1, 'openAccount', 'done')]);
    store.select('g-1');
    assert.deepEqual(sentencesSince(nothingSaid, store.page).sentences, []);
  });
});

describe('The group in the address', () => {
  it('is read as it was written', () => {
    assert.deepEqual(placeIn(hashOf({ name: 'g-1', after: 42 })), { group: 'g-1', after: 42 });
    assert.deepEqual(placeIn(hashOf({ name: 'g-1', after: null })), { group: 'g-1' });
  });

  it('is none where it is not one', () => {
    assert.deepEqual(placeIn(''), {});
    assert.deepEqual(placeIn('#group=%3Cscript%3E&after=-1'), {});
  });
});
