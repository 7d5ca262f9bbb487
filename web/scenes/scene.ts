/**
 * What a scene is: steps as data, each with what is said, what is done, what is waited for and what must then be true. A scene
 * knows no element of the page and no request: it sees a `SceneView` and names actions. What it asserts is what its browser test checks.
 */
import type { CrowdState } from '../../domain/crowd.ts';
import type { FaultName } from '../../domain/faults.ts';
import type { StackReport, StyleReport } from '../../domain/report.ts';
import type { Signup, Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';

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
  /** Why it cannot be played now, and what to do about it; undefined where it can. */
  cannot?: (view: SceneView) => string | undefined;
  steps: readonly SceneStep[];
};

/** The document that tells of a change under way: it needs an older release that runs beside the new one. */
export const changeScene = {
  title: 'A change under way',
  about:
    'A third reminder comes while signups are under way. It needs an older release beside this one, so it is told, not played.',
  document: 'docs/changing-the-process.md',
} as const;

/** Whether the caller of a style waits until everything is done. */
export const waits = (style: Style): boolean => traits[style].answersAfter === 'everything';

/** The report of a style; undefined before the first report. */
export function reportOf({ report }: Pick<SceneView, 'report'>, style: Style): StyleReport | undefined {
  return report?.styles.find((each) => each.style === style);
}

/** The titles of styles, as a sentence names them: "Queues, Kafka and Workflow"; "no lane" where there are none. */
export function lanes(styles: readonly Style[]): string {
  const titles = styles.map((style) => traits[style].title);
  if (titles.length < 2) return titles[0] ?? 'no lane';
  return `${titles.slice(0, -1).join(', ')} and ${titles.at(-1)}`;
}

/** Waits until each of some signups of the scene is so. Nothing is waited for before they are there. */
export function untilEach(
  what: string,
  isSo: (signup: SignupInScene) => boolean,
  { withinMs, of = () => true }: { withinMs: number; of?: (style: Style) => boolean },
): Wait {
  const chosen = ({ signups }: SceneView) => signups.filter(({ style }) => of(style));
  return {
    what,
    withinMs,
    isSo: (view) => chosen(view).length > 0 && chosen(view).every(isSo),
    saw: (view) => {
      const missing = chosen(view).filter((signup) => !isSo(signup));
      return chosen(view).length === 0 ? 'no signup yet' : `not so in ${lanes(stylesOf(missing))}`;
    },
  };
}

/** What is wrong where some signups of the scene are not as said; undefined where all are. */
export function eachIs(
  view: SceneView,
  of: (style: Style) => boolean,
  isSo: (signup: SignupInScene) => boolean,
  otherwise: string,
): string | undefined {
  const wrong = view.signups.filter((signup) => of(signup.style) && !isSo(signup));
  return wrong.length === 0 ? undefined : `${lanes(stylesOf(wrong))}: ${otherwise}`;
}

/** The first complaint, if there is any. */
export const firstOf = (...complaints: (string | undefined)[]): string | undefined =>
  complaints.find((complaint) => complaint !== undefined);

/** Whether a step of a signup is done. */
export const isDone = (step: string) => (signup: SignupInScene) => signup.steps.get(step)?.kind === 'done';

const stylesOf = (signups: readonly SignupInScene[]) => signups.map(({ style }) => style);
