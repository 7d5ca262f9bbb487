/**
 * What a scene is: steps as data, each with what is said, what is done, what is waited for and what must then be true. A scene
 * knows no element of the page and no request: it sees a `SceneView` and names actions. What it asserts is what its browser test checks.
 */
import type { CrowdState } from '../../domain/crowd.ts';
import type { FaultName } from '../../domain/faults.ts';
import type { StackReport } from '../../domain/report.ts';
import type { Signup, Style } from '../../domain/signup.ts';

/** A signup that the scene has started, as the page sees it. */
export type SignupInScene = {
  id: string;
  style: Style;
  status: Signup['status'];
  /** The answer to its request, as this page measured it; undefined while it is waited for. */
  answer: { status: number; afterMs: number } | undefined;
  /** How far each step has come, by its name. */
  steps: ReadonlyMap<string, { kind: string; attempts: number }>;
  /** What arrived of it: how often, by the step that sends it. */
  arrived: Readonly<Record<string, number>>;
};

/** All that a scene sees. */
export type SceneView = {
  report: StackReport | undefined;
  /** The report when the scene began: what was there before is not counted. */
  before: StackReport | undefined;
  signups: readonly SignupInScene[];
  crowd: CrowdState | undefined;
  /** What statistics has counted, by style; null before it has ever joined, undefined while it is not known. */
  counted: Readonly<Record<Style, number>> | null | undefined;
  /** The same when the scene began. */
  countedBefore: Readonly<Record<Style, number>> | null | undefined;
};

/** What a scene can do. Styles that are not here are left out. */
export type SceneAction =
  | { do: 'start' }
  | { do: 'break'; fault: FaultName; forMs: number }
  | { do: 'heal'; fault: FaultName }
  | { do: 'crowd'; perStyle: number; perSecond: number }
  | { do: 'forward'; by: string }
  | { do: 'click'; style: Style }
  | { do: 'repeat'; styles: readonly Style[] }
  | { do: 'join' }
  | { do: 'leave' };

/** What is waited for. */
export type Wait = {
  /** As in "waits for …". */
  what: string;
  withinMs: number;
  isSo: (view: SceneView) => boolean;
  /** What of it is there by now, in words. */
  saw: (view: SceneView) => string;
};

export type SceneStep = {
  /** One or two sentences for those who watch. */
  say: string;
  /** For who speaks: what to point at. */
  notes: string;
  /** Done at the beginning of the step, one after the other. */
  does?: readonly SceneAction[];
  until?: Wait;
  /** Undefined where all is as it is said, else what is not. */
  mustBe?: (view: SceneView) => string | undefined;
};

export type Scene = {
  /** As tests and addresses name it. */
  name: string;
  title: string;
  /** What it shows, in one sentence. */
  about: string;
  minutes: number;
  /** Whether it needs what only `npm run stage` has. */
  onStageOnly: boolean;
  /** Whether it shows in each lane what statistics counts. */
  hasCounts?: true;
  /** The scene that is played in its place, by what is seen before its first step; undefined where it is this one. */
  instead?: (view: SceneView) => Scene | undefined;
  steps: readonly SceneStep[];
};

/** The document that tells of a change under way: it needs an older release that runs beside the new one. */
export const changeScene = {
  title: 'A change under way',
  about:
    'A third reminder comes while signups are under way. It needs an older release beside this one, so it is told, not played.',
  document: 'docs/changing-the-process.md',
} as const;
