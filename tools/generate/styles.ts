/** What differs between the styles by design, as tables: made of `domain/styles.ts`, which tests hold the styles to. */
import { styles } from '../../domain/signup.ts';
import { promises, traits, type Limit } from '../../domain/styles.ts';
import { cells } from './cells.ts';

/** What a style may be unable to give, as a promise. */
const promised: Record<Limit, string> = {
  'outcome-after-the-caller-left': 'A signup whose caller has left comes to its end',
  'attempts-for-days': 'A step that faults is tried again for a day',
  parking: 'A step that ran out of attempts is kept, shown, and tried again by `resume`',
  'accepted-without-senders': 'A signup is accepted while notifications, mail or SMS is away',
  'survives-the-api': 'A signup goes on after the api that took it died',
};

/** The tables, by their names in documents. */
export function styleTables(): Record<string, string> {
  const heads = styles.map((style) => traits[style].title);
  const differences = Object.entries(promised).map(([limit, words]) =>
    cells([words, ...styles.map((style) => (promises(style, limit as Limit) ? 'yes' : '**no**'))]),
  );
  const needs = styles.map((style) => {
    const { title, kind, answersAfter, needsToAnswer, needsToEnd } = traits[style];
    return cells([
      title,
      `\`${style}\``,
      kind,
      answersAfter,
      needsToAnswer.join(', '),
      needsToEnd.join(', ') || 'nothing besides',
    ]);
  });
  return {
    styles: [
      cells([
        '',
        'style',
        'a signup is',
        'it is answered after',
        'must be up for an answer',
        'and for its end',
      ]),
      cells(Array(6).fill('---')),
      ...needs,
    ].join('\n'),
    promises: [cells(['', ...heads]), cells(['---', ...heads.map(() => '---')]), ...differences].join('\n'),
  };
}
