/** What statistics counts, asked for once a second while a scene wants to know. */
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import type { Actions } from '../actions.ts';
import type { SceneView } from './scene.ts';

/** Takes what is counted; undefined where nobody wants to know any more. */
type Take = (counted: SceneView['counted']) => void;

const lookEveryMs = 1000;

/** Its counts by day and style, of which a scene needs the sums. */
type Days = { style: Style; opened: number }[];

/** The answer of `GET /statistics`: null before it has ever joined. */
type Counted = { days: Days | null };

/** A watch on the counts of statistics. */
export function watchStatistics(actions: Pick<Actions, 'statistics'>, take: Take) {
  let timer: ReturnType<typeof setInterval> | undefined;

  async function look(): Promise<void> {
    const answer = await actions.statistics<Counted>();
    // Asked for before it ended, an answer may come after that.
    if ('ok' in answer && timer !== undefined) take(answer.ok.days && sumsOf(answer.ok.days));
  }

  return {
    /** Looks again and again, until `rest`; resolves after the first look. */
    watch(): Promise<void> {
      timer ??= setInterval(() => void look(), lookEveryMs);
      return look();
    },
    rest(): void {
      clearInterval(timer);
      timer = undefined;
      take(undefined);
    },
  };
}

function sumsOf(days: Days): Record<Style, number> {
  const sums = forEachStyle(() => 0);
  for (const { style, opened } of days) if (styles.includes(style)) sums[style] += opened;
  return sums;
}
