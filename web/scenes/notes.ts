/** The window of who speaks: what is said, what to point at, what comes next, and how long it has taken. It shows; the page plays. */
import { render } from 'preact';
import { h, type Html } from '../components/h.ts';
import type { Channel, Noted, Told } from './notes-channel.ts';

export type NotesProps = {
  noted: Noted | undefined;
  nowMs: number;
  onDo: (what: 'on' | 'back' | 'leave') => void;
};

/** The notes to a scene. */
export function Notes({ noted, nowMs, onDo }: NotesProps): Html {
  if (!noted) {
    return h(
      'main',
      { class: 'notes' },
      h('h1', null, 'Notes'),
      h('p', null, 'No scene is played. Begin one on the page; this window follows it.'),
    );
  }
  const { title, shown, of, say, notes, next, status, isTrouble, isUnderWay, minutes, startedAtMs } = noted;
  return h(
    'main',
    { class: 'notes', 'data-notes': shown },
    h('h1', null, title),
    h(
      'p',
      { class: 'meta' },
      shown < 0 ? `${of} steps` : `step ${shown + 1} of ${of}`,
      `, ${clock(nowMs - startedAtMs)} of ${minutes}:00`,
    ),
    h('p', { class: 'scene-says' }, say),
    h('p', { class: 'notes-text' }, notes),
    h('p', { class: isTrouble ? 'trouble' : 'scene-waits', role: 'status' }, status),
    h('h2', null, 'Next'),
    h('p', null, next ?? (isUnderWay ? 'This is the last step.' : 'The scene is over.')),
    h(
      'div',
      { class: 'scene-keys' },
      h(
        'button',
        {
          type: 'button',
          'aria-keyshortcuts': 'Backspace',
          // Not `disabled`, which would take the focus from who goes back by keyboard.
          'aria-disabled': shown < 0 ? 'true' : undefined,
          onClick: () => onDo('back'),
        },
        '◀ Back',
      ),
      h(
        'button',
        {
          type: 'button',
          class: 'next',
          'aria-keyshortcuts': 'Space',
          'aria-disabled': isUnderWay ? 'true' : undefined,
          onClick: () => onDo('on'),
        },
        next === undefined && !isUnderWay ? 'End the scene' : 'Next ▶',
      ),
      h('button', { type: 'button', onClick: () => onDo('leave') }, 'Leave'),
    ),
  );
}

/** Shows the notes in an element, for as long as the window is open. */
export function mountNotes(root: Element, channel: Channel): void {
  let noted: Noted | undefined;
  const onDo = (what: 'on' | 'back' | 'leave') => channel.postMessage({ kind: 'do', what });
  const draw = () => render(h(Notes, { noted, nowMs: Date.now(), onDo }), root);
  channel.addEventListener('message', ({ data }: { data: Told }) => {
    if (data.kind !== 'scene') return;
    ({ noted } = data);
    draw();
    // Another page of this browser may still play one.
    if (!noted) channel.postMessage({ kind: 'ask' });
  });
  root.ownerDocument.addEventListener('keydown', (event) => {
    if (!noted || event.ctrlKey || event.metaKey || event.altKey) return;
    // A button that has the focus is pressed by it.
    const isPressing = event.target instanceof Element && event.target.closest('button') !== null;
    if (event.key === ' ' && !isPressing) onDo('on');
    else if (event.key === 'Backspace') onDo('back');
    else return;
    event.preventDefault();
  });
  channel.postMessage({ kind: 'ask' });
  setInterval(draw, 1000);
  draw();
}

function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
