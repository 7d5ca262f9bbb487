/**
 * How long a step took: from the latest end of the steps that it follows to its own end. Both times are of the history, which every
 * window reads; when the caller asked, and what the feed told before a window was opened, that window does not know.
 */
import { isFinal } from '../../domain/history.ts';
import { clickRow, stepsBefore, stepsFor, type StepName } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import type { SignupSeen } from '../seen.ts';

/** What took longer waited for its time, as a reminder does. */
const longestMs = 3_600_000;

/** How long a step took that has ended; null where its beginning is not known, or where it waited for its time. */
export function tookMsOf(
  { style, history }: Pick<SignupSeen, 'style' | 'history'>,
  step: string,
): number | null {
  const endOf = (each: string) => {
    const row = history?.find((entry) => entry.step === each);
    return row && isFinal(row.kind) ? Date.parse(row.at) : Number.NaN;
  };
  const follows = followedBy(style, step);
  if (follows.length === 0) return null;
  const tookMs = endOf(step) - Math.max(...follows.map(endOf));
  return tookMs >= 0 && tookMs < longestMs ? tookMs : null;
}

const welcome = stepsFor('welcome');

/** The steps whose ends a step begins after; none where its beginning is written down nowhere. */
function followedBy(style: Style, step: string): readonly string[] {
  const { mechanism, manner } = traits[style];
  switch (step as StepName) {
    case 'activateAccount':
      // Only a workflow keeps when the click came; elsewhere its time is that of the activation itself.
      return mechanism === 'workflow' ? [clickRow] : [];
    case 'closeAccount undeliverable':
      return mechanism === 'calls' ? welcome : stepsBefore(step);
    case 'closeAccount cancelled':
      return [];
    default:
      break;
  }
  const place = manner === 'blocking' ? welcome.findIndex((each) => each === step) : -1;
  return place > 0 ? welcome.slice(0, place) : stepsBefore(step);
}
