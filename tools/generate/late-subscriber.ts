/** What a subscriber knows that joins late, as a table; `tests/contract/late-subscriber.test.ts` plays it with these figures. */
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { sourceOf, sources } from '../../statistics/sources.ts';
import { cells } from './cells.ts';

/** How many signups of each style there are before it joins, how many of them are activated, and how many follow. */
export const played = { earlier: 5, activated: 2, later: 3 };

const all = played.earlier + played.later;

/** How many of them it counts: at first, and once the producers have told again what their outboxes have. */
export function countedOf(style: Style): { atFirst: number; afterRetelling: number } {
  return { atFirst: sources[sourceOf(style)].canBeReadAgain ? all : played.later, afterRetelling: all };
}

/** The table. */
export function lateSubscriberTable(): string {
  const rows = styles.flatMap((style) => {
    const { hears, past } = sources[sourceOf(style)];
    const { atFirst, afterRetelling } = countedOf(style);
    return cells([traits[style].title, hears, past, `${atFirst} of ${all}`, `${afterRetelling} of ${all}`]);
  });
  return [
    '| style | statistics hears by | of the past it finds | it counts | after `retell` |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}
