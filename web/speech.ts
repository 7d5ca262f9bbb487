/**
 * What the page says aloud: of the selected group what has come to an end or into trouble, and what is broken or healed. Never of a crowd,
 * and at most every few seconds, all that happened meanwhile at once.
 */
import { faults, type FaultName } from '../domain/faults.ts';
import { traits } from '../domain/styles.ts';
import { marks, wordsOfStep, type Mark } from './lane/words.ts';
import { idsDrawn, type Page } from './page.ts';
import { wordsOf } from './panels/broken.ts';

/** What was said last: steps by what they had come to, and what was broken. */
export type Said = {
  group: string | null;
  steps: ReadonlyMap<string, string>;
  broken: ReadonlySet<FaultName>;
};

export const nothingSaid: Said = { group: null, steps: new Map(), broken: new Set() };

/** The sentences for what has changed since, and what is said by them. */
export function sentencesSince(said: Said, page: Page): { sentences: string[]; said: Said } {
  const steps = new Map<string, string>();
  const sentences: string[] = [];
  const isSameGroup = said.group === page.selectedGroup;
  for (const id of idsDrawn(page)) {
    const signup = page.signups.get(id);
    for (const { step, kind, attempts } of signup?.steps.values() ?? []) {
      const key = `${id} ${step}`;
      steps.set(key, kind);
      // Each attempt would be too much; that it is tried again is said once.
      if (!signup || !isSameGroup || said.steps.get(key) === kind) continue;
      const after = attempts > 1 && kind === 'done' ? ` after ${attempts} attempts` : '';
      const word = kind === 'retrying' ? 'tried again' : marks[kind satisfies Mark].word;
      sentences.push(`${traits[signup.style].title}: ${wordsOfStep(step).sentence}, ${word}${after}.`);
    }
  }
  const broken = new Set(page.faults.flatMap(({ name, healsAt }) => (healsAt === null ? [] : [name])));
  for (const name of broken) if (!said.broken.has(name)) sentences.push(`Broken: ${faults[name].says}`);
  for (const name of said.broken) if (!broken.has(name)) sentences.push(`Healed: ${wordsOf(name)}.`);
  return { sentences, said: { group: page.selectedGroup, steps, broken } };
}
