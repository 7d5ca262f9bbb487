/** How statistics hears of the signups of a style: what each style leaves behind for one who comes late. */
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

/** Whether it can be read again from its beginning: a queue has forgotten what was taken from it. */
export function canBeReadAgain(style: Style): boolean {
  return sourceOf(style) !== 'queue';
}
