/** How statistics hears of the signups of a style: what each style leaves behind for a late subscriber. */
import type { Style } from '../domain/signup.ts';
import { traits } from '../domain/styles.ts';

export type Source = 'queue' | 'log' | 'histories' | 'list';

/** Where statistics reads what became of the signups of a style. */
export function sourceOf(style: Style): Source {
  const { mechanism, carrier } = traits[style];
  if (mechanism === 'workflow') return 'histories';
  if (carrier === undefined) return 'list';
  return carrier === 'rabbitmq-queue' ? 'queue' : 'log';
}

/** What each source is, and what a late subscriber finds in it. */
export const sources: Readonly<Record<Source, { hears: string; past: string; canBeReadAgain: boolean }>> = {
  queue: {
    hears: 'a queue of its own, from its first start on',
    past: 'nothing: what was told before is consumed, and gone',
    canBeReadAgain: false,
  },
  log: {
    hears: 'the log, from its first record on',
    past: 'the events that the log still keeps',
    canBeReadAgain: true,
  },
  histories: {
    hears: 'the histories of workflows, by a call for each',
    past: 'the histories that the namespace still keeps',
    canBeReadAgain: true,
  },
  list: {
    hears: 'the list of signups, by asking again and again',
    past: 'how signups stand, and no events',
    canBeReadAgain: true,
  },
};

/** Whether it can be read again from its beginning: a queue has forgotten what was taken from it. */
export function canBeReadAgain(style: Style): boolean {
  return sources[sourceOf(style)].canBeReadAgain;
}
