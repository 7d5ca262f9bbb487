/**
 * What the window with the speaker's notes and the page tell each other. The page says where its scene is; the window asks for that
 * when it opens, and for the next step.
 */
import { isUnderWay, type Player, type SceneState } from './player.ts';

/** Where a scene is, as the notes show it: plain values, for they pass from window to window. */
export type Noted = {
  title: string;
  /** -1 before the first step. */
  shown: number;
  of: number;
  say: string;
  notes: string;
  /** What the next step says; undefined after the last one. */
  next: string | undefined;
  status: string;
  isTrouble: boolean;
  isUnderWay: boolean;
  startedAtMs: number;
  minutes: number;
};

export type Told =
  | { kind: 'scene'; noted: Noted | undefined }
  | { kind: 'ask' }
  | { kind: 'do'; what: 'on' | 'back' | 'leave' };

/** The part of a `BroadcastChannel` that is used. */
export type Channel = {
  postMessage(message: Told): void;
  addEventListener(type: 'message', listener: (event: { data: Told }) => void): void;
};

export const channelName = 'duet-scene';

/** What the notes show of a scene; undefined where none is played. */
export function notedOf(state: SceneState | undefined): Noted | undefined {
  if (!state) return undefined;
  const { scene, shown, waitsFor, complaint, startedAtMs } = state;
  const step = scene.steps[shown];
  return {
    title: scene.title,
    shown,
    of: scene.steps.length,
    say: step?.say ?? scene.about,
    notes: step?.notes ?? 'Everything was healed, and nothing is selected. Begin when all are looking.',
    next: scene.steps[shown + 1]?.say,
    status: complaint ?? (waitsFor === undefined ? state.phase : `waits for ${waitsFor}`),
    isTrouble: complaint !== undefined,
    isUnderWay: isUnderWay(state),
    startedAtMs,
    minutes: scene.minutes,
  };
}

/** What tells the notes of a page. */
export type Sharing = {
  /** Is to be called after each change. */
  changed(): void;
  /** The page goes away, and what it plays with it. */
  rest(): void;
  /** The page is there, or there again. */
  go(): void;
};

/**
 * Has the page tell its scene to whoever has the notes open, and do what they ask. Where it plays none, it answers nobody: another page
 * may play one.
 */
export function shareNotes(player: Player, channel: Channel): Sharing {
  let told: SceneState | undefined;
  let isThere = true;
  const tell = (state: SceneState | undefined) => {
    told = state;
    channel.postMessage({ kind: 'scene', noted: notedOf(state) });
  };
  const changed = () => {
    if (isThere && player.state() !== told) tell(player.state());
  };
  channel.addEventListener('message', ({ data }) => {
    if (data.kind === 'ask' && told) tell(told);
    if (data.kind !== 'do') return;
    if (data.what === 'on') void player.on();
    else if (data.what === 'back') player.back();
    else void player.leave();
  });
  tell(player.state());
  return {
    changed,
    rest() {
      isThere = false;
      if (told) tell(undefined);
    },
    go() {
      isThere = true;
      changed();
    },
  };
}
