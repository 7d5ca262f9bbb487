/** What the customers of a crowd have seen so far, counted by style. */
import type { CrowdAnswers, CrowdState } from '../domain/crowd.ts';
import { percentile } from '../domain/percentile.ts';
import { styles, type Style } from '../domain/signup.ts';
import { forEachStyle } from '../domain/styles.ts';

/** How a customer was answered: what the process decided, or why there is no such answer. */
export type Answer = 'accepted' | 'refused' | { failed: string };

/** Counts as they come. */
export type Tally = {
  asked(style: Style): void;
  /** `afterMs` counts from when the customer came. */
  answered(style: Style, answer: Answer, afterMs: number): void;
  clicked(style: Style): void;
  /** What was counted. */
  shown(): Pick<CrowdState, 'asked' | 'answered' | 'byStyle'>;
};

/** Nothing was counted yet. */
export function openTally(): Tally {
  const counts = forEachStyle(() => ({
    asked: 0,
    accepted: 0,
    refused: 0,
    failed: 0,
    clicked: 0,
    lastFailure: null as string | null,
    times: [] as number[],
  }));
  const sum = (of: (style: Style) => number) => styles.reduce((whole, style) => whole + of(style), 0);

  return {
    asked: (style) => void (counts[style].asked += 1),
    clicked: (style) => void (counts[style].clicked += 1),
    answered(style, answer, afterMs) {
      const count = counts[style];
      count.times.push(afterMs);
      if (typeof answer === 'string') return void (count[answer] += 1);
      count.failed += 1;
      count.lastFailure = answer.failed;
    },
    shown: () => ({
      asked: sum((style) => counts[style].asked),
      answered: sum((style) => counts[style].times.length),
      byStyle: forEachStyle((style): CrowdAnswers => {
        const { times, ...others } = counts[style];
        return { ...others, p50Ms: timeOf(times, 50), p99Ms: timeOf(times, 99) };
      }),
    }),
  };
}

const timeOf = (times: readonly number[], percent: number): number | null =>
  times.length === 0 ? null : Math.round(percentile(times, percent));
