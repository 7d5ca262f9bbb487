/**
 * Plays a scene: all is healed and nothing selected first, then step by step, at the pace of who speaks. A wait that ends in vain
 * ends with a sentence that says what was last seen, and the scene can go on all the same. Leaving heals, at any point, and shows again what
 * was shown before.
 */
import type { Scene, SceneAction, SceneStep, SceneView } from './scene.ts';

/** How far a step is. `failed`: something was not as it is said, and `complaint` says what. */
export type Phase = 'setting up' | 'doing' | 'waiting' | 'ready' | 'failed';

/** A scene that is played. `shown` is the step that is read, `reached` the last one that was begun; -1 before the first. */
export type SceneState = {
  scene: Scene;
  shown: number;
  reached: number;
  phase: Phase;
  /** What is waited for, in words. */
  waitsFor: string | undefined;
  complaint: string | undefined;
  startedAtMs: number;
};

/** What the player has the page do. Each rejects with an `Error` whose message can be shown. */
export type Hands = {
  /** Heals all, stops what scenes have started, and selects nothing. */
  setUp(scene: Scene): Promise<void>;
  /** Heals all, stops what scenes have started, and selects what was selected before. */
  cleanUp(): Promise<void>;
  /** Does an action of the scene. */
  act(action: SceneAction): Promise<void>;
  /** What is seen of what this scene has started. */
  look(): SceneView;
};

export type Player = {
  state(): SceneState | undefined;
  start(scene: Scene): Promise<void>;
  /** The next step, and after the last one the end; nothing while one is under way. */
  on(): Promise<void>;
  /** The step before is shown again; nothing is undone. */
  back(): void;
  leave(): Promise<void>;
};

/** The clock and the pauses of a player, which tests replace. */
export type Timing = { now(): number; pause(ms: number): Promise<void> };

const usualTiming: Timing = {
  now: () => Date.now(),
  pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

const lookEveryMs = 100;

/** A player that tells `onChange` of every change of its state. */
export function openPlayer(
  hands: Hands,
  onChange: (state: SceneState | undefined) => void,
  timing: Timing = usualTiming,
): Player {
  let state: SceneState | undefined;
  /** Counts what was begun: what is under way for a scene that was left or begun again sees that it is over. */
  let run = 0;

  return {
    state: () => state,
    leave,
    async start(scene) {
      const startedAtMs = timing.now();
      const beginning = {
        scene,
        shown: -1,
        reached: -1,
        waitsFor: undefined,
        complaint: undefined,
        startedAtMs,
      };
      const mine = ++run;
      become({ ...beginning, phase: 'setting up' });
      const complaint = await complaintOf(() => hands.setUp(scene));
      if (run === mine) become({ ...state!, scene: scene.instead?.(hands.look()) ?? scene });
      settle(mine, complaint);
    },
    async on() {
      if (!state || isUnderWay(state)) return;
      if (isOver(state)) return leave();
      const { scene, shown, reached } = state;
      if (shown < reached) {
        become({ ...state, shown: shown + 1 });
        return;
      }
      const step = scene.steps[reached + 1];
      if (!step) return;
      become({ ...state, shown: reached + 1, reached: reached + 1, phase: 'doing', complaint: undefined });
      const mine = run;
      settle(mine, await complaintOf(() => play(step, mine)));
    },
    back() {
      if (state && state.shown >= 0) become({ ...state, shown: state.shown - 1 });
    },
  };

  async function leave(): Promise<void> {
    if (!state) return;
    run++;
    state = undefined;
    onChange(undefined);
    await complaintOf(() => hands.cleanUp());
  }

  function become(next: SceneState): void {
    state = next;
    onChange(next);
  }

  function settle(mine: number, complaint: string | undefined): void {
    if (!state || run !== mine) return;
    become({ ...state, phase: complaint === undefined ? 'ready' : 'failed', waitsFor: undefined, complaint });
  }

  async function play({ does = [], until, mustBe }: SceneStep, mine: number): Promise<void> {
    for (const action of does) {
      if (run !== mine) return;
      await hands.act(action);
    }
    if (until && run === mine) {
      become({ ...state!, phase: 'waiting', waitsFor: until.what });
      const giveUpAt = timing.now() + until.withinMs;
      while (run === mine && !until.isSo(hands.look())) {
        if (timing.now() >= giveUpAt)
          throw new Error(inVain(until.what, until.withinMs, until.saw(hands.look())));
        await timing.pause(lookEveryMs);
      }
    }
    const complaint = run === mine ? mustBe?.(hands.look()) : undefined;
    if (complaint !== undefined) throw new Error(complaint);
  }
}

/** Whether a scene does something of its own accord just now. */
export function isUnderWay({ phase }: Pick<SceneState, 'phase'>): boolean {
  return phase === 'setting up' || phase === 'doing' || phase === 'waiting';
}

/** Whether the last step was played. */
export function isOver({ scene, shown, reached, phase }: SceneState): boolean {
  const last = scene.steps.length - 1;
  return shown === last && reached === last && (phase === 'ready' || phase === 'failed');
}

const inVain = (what: string, withinMs: number, saw: string) =>
  `Waited ${withinMs / 1000} s for ${what}. Last seen: ${saw}.`;

async function complaintOf(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
