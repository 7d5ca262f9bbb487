/** What scenes look for: in a lane, in each lane, in a crowd; and how they name what is missing. */
import type { StyleReport } from '../../domain/report.ts';
import type { Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { acceptedIn } from '../lanes.ts';
import type { SceneView, SignupInScene, Wait } from './scene.ts';

/** Whether the caller of a style waits until everything is done. */
export const waits = (style: Style): boolean => traits[style].answersAfter === 'everything';

/** The report of a style; undefined before the first report. */
export function reportOf({ report }: Pick<SceneView, 'report'>, style: Style): StyleReport | undefined {
  return report?.styles.find((each) => each.style === style);
}

/** How many accounts were opened in a lane, which is what statistics counts; undefined where that is not known. */
export function openedIn(report: StyleReport | null | undefined): number | undefined {
  if (!report?.counts) return undefined;
  return acceptedIn(report.counts) - report.counts.opening;
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

/** Waits until the crowd has come and each of it was answered. */
export function untilCrowdIsAnswered(withinMs: number): Wait {
  return { what: 'the crowd to be answered', withinMs, isSo: isCrowdAnswered, saw: crowdInWords };
}

/** Whether a crowd has come and each of it was answered. */
export function isCrowdAnswered({ crowd }: SceneView): boolean {
  return crowd !== undefined && !crowd.isRunning && crowd.asked > 0;
}

/** How far a crowd is. */
export function crowdInWords({ crowd }: SceneView): string {
  return crowd ? `${crowd.answered} of ${crowd.count} were answered` : 'no crowd';
}
