/**
 * The live page in its browser: puts the store, what reads into it and what is drawn of it together, and ties them to the window: its frames,
 * its address, its keys, and whether anybody looks.
 */
import { render } from 'preact';
import type { ListedSignup } from '../domain/tracked.ts';
import { askBy, createActions } from './actions.ts';
import { h } from './components/h.ts';
import { App } from './frame/app.ts';
import { keeping, takeKept } from './kept.ts';
import { pressed } from './keys.ts';
import { selectedGroup } from './page.ts';
import type { PageLinks } from './page-props.ts';
import { hashOf, placeIn } from './place.ts';
import { createPolling } from './polling.ts';
import { createReader } from './reader.ts';
import { channelName, shareNotes } from './scenes/notes-channel.ts';
import { playingOn } from './scenes/playing.ts';
import { nothingSaid, sentencesSince } from './speech.ts';
import { createStore } from './state.ts';
import { keepTheme, keptTheme } from './theme.ts';

const tokenKey = 'duet-token';
const spokenEveryMs = 3000;

/** What an address of the document means by the signup that is meant. */
const anySignup = '00000000-0000-0000-0000-000000000000';

const root = document.getElementById('page')!;
const { workflow, temporal, rabbitmq, mailbox } = document.documentElement.dataset;
const links: PageLinks = {
  ...(workflow === undefined ? {} : { workflow: (id: string) => workflow.replace(anySignup, id) }),
  temporal,
  rabbitmq,
};

const store = createStore();
const token = () => sessionStorage.getItem(tokenKey);
const ask = askBy(document.baseURI, token);
const actions = createActions(store, ask);
const place = placeIn(location.hash);
const reader = createReader({
  base: document.baseURI,
  token,
  after: place.after,
  onBegun: (lastEntryId) => store.change({ lastEntryId }),
  onEntries: store.apply,
  onState: (stream) => store.change({ stream }),
  onFrame: (callback) => void requestAnimationFrame(callback),
});
const notes = shareNotes(playingOn(store, actions).player, new BroadcastChannel(channelName));
const polling = createPolling(store, ask, mailbox !== undefined);

takeKept(sessionStorage, store);
const keep = keeping(sessionStorage);
store.arrange({ theme: keptTheme(localStorage) });
await open();

/** Shows the group that the address names, or the newest there is. */
async function open(): Promise<void> {
  if (place.group !== undefined) store.select(place.group);
  const query = place.group === undefined ? '' : `&group=${place.group}`;
  const answer = await ask<{ items: ListedSignup[] }>('GET', `signups?limit=100${query}`);
  if (answer.status === 403) store.arrange({ needsToken: true });
  if (!('ok' in answer)) return;
  const group = place.group ?? newestIn(answer.ok.items);
  store.list(answer.ok.items.filter((listed) => listed.group === group));
  // Who has started or chosen another one meanwhile goes on looking at that.
  if (group !== undefined && store.page.selectedGroup === null) store.select(group);
}

/** The newest group of a list that is no crowd: a crowd has several signups in a style. */
function newestIn(items: readonly ListedSignup[]): string | undefined {
  const isCrowd = (name: string) => {
    const played = items.filter(({ group }) => group === name).map(({ style }) => style);
    return new Set(played).size < played.length;
  };
  const names = items.flatMap(({ group }) => group ?? []);
  return [...new Set(names)].find((name) => !isCrowd(name));
}

const isCalm = matchMedia('(prefers-reduced-motion: reduce)');
let isFrameAsked = false;
let isGoing = false;
let { theme } = store.page.view;

/** Reads and lets the clock go on while somebody looks, and the page is not paused. */
function follow(): void {
  const { isPaused, view } = store.page;
  const goes = !isPaused && !document.hidden && !view.needsToken;
  if (goes === isGoing) return;
  isGoing = goes;
  for (const each of [reader, polling]) {
    if (goes) each.go();
    else each.rest();
  }
}

function draw(): void {
  isFrameAsked = false;
  const { page } = store;
  const props = {
    page,
    store,
    actions,
    links,
    onToken(given: string) {
      sessionStorage.setItem(tokenKey, given);
      store.arrange({ needsToken: false });
      void open();
    },
  };
  render(h(App, props), root);
  document.documentElement.dataset['theme'] = page.view.theme;
  document.documentElement.dataset['paused'] = String(page.isPaused);
}

store.subscribe(() => {
  const { page } = store;
  follow();
  notes.changed();
  keep(page);
  const group = selectedGroup(page);
  // A group that the address names may not have been read yet.
  if (group || page.selectedGroup === null) keepPlace(group ? hashOf(group) : '');
  if (page.view.theme !== theme) keepTheme(localStorage, (theme = page.view.theme));
  if (isFrameAsked) return;
  isFrameAsked = true;
  requestAnimationFrame(draw);
});

function keepPlace(hash: string): void {
  if (hash === location.hash) return;
  history.replaceState(null, '', hash === '' ? location.pathname + location.search : hash);
}

document.addEventListener('visibilitychange', follow);
addEventListener('pagehide', notes.rest);
addEventListener('pageshow', notes.go);
document.addEventListener('keydown', (event) => {
  const isTyping =
    event.target instanceof Element && event.target.closest('input, select, textarea') !== null;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!store.page.view.areKeysOn && event.key !== 'Escape') return;
  if (isTyping && event.key !== 'Escape') return;
  // A button that has the focus is pressed by it.
  if (event.key === ' ' && event.target instanceof Element && event.target.closest('button, a, summary'))
    return;
  if (pressed(event.key, store, actions)) event.preventDefault();
});

/** The clock of what is drawn: it moves in whole seconds where movement is not wanted. */
function tick(): void {
  if (isGoing) store.change({ nowMs: Date.now() });
  setTimeout(tick, isCalm.matches ? 1000 : 250);
}

const spoken = document.createElement('div');
spoken.setAttribute('role', 'status');
spoken.className = 'unseen';
root.after(spoken);
let said = nothingSaid;

function speak(): void {
  const spokenOf = sentencesSince(said, store.page);
  ({ said } = spokenOf);
  if (spokenOf.sentences.length > 0) spoken.textContent = spokenOf.sentences.join(' ');
}

follow();
draw();
tick();
setInterval(speak, spokenEveryMs);
