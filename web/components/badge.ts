/** A word in a frame: what something has come to. Its colour is never alone, since the word stands in it. */
import { h, type Children, type Html } from './h.ts';

/** `kind` is a class, for the colour; with `href` the word leads to what is behind it. */
export function Badge({ word, kind, href }: { word: string; kind?: string; href?: string }): Html {
  const attributes = { class: kind === undefined ? 'word' : `word ${kind}` };
  return href === undefined ? h('b', attributes, word) : h('a', { ...attributes, href }, word);
}

/** What each badge of a page means. */
export function Key({
  entries,
}: {
  entries: readonly { word: string; kind: string; means: Children }[];
}): Html {
  return h(
    'ul',
    { class: 'legend' },
    entries.map(({ word, kind, means }) => h('li', null, h(Badge, { word, kind }), ' ', means)),
  );
}
