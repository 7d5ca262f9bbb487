/** Markdown of the catalogue as elements, and the sections of which a cell of the report consists. */
import { h, type Children, type Html } from '../../web/components/h.ts';
import { marked } from '../../web/components/text.ts';

/** The text, with `[words](path)` as a link, and backticks as code. Paths are from the root of the repository. */
export function linked(markdown: string): Children {
  const pattern = /\[([^\]]+)\]\(([^)]+)\)|`([^`]+)`/g;
  return marked(fromDocs(markdown), pattern, ([, words, href, code]) =>
    href === undefined ? h('code', null, code) : h('a', { href }, linked(words ?? '')),
  );
}

/** Markdown whose links start at the root of the repository, for a document one folder below it. */
export function fromDocs(markdown: string): string {
  return markdown.replaceAll(/\]\((?!https?:)/g, '](../');
}

/** A section of a cell. */
export function Section({ title, children }: { title: string; children?: Children }): Html {
  return h('section', null, h('h4', null, title), children);
}

/** A section with a list, or with the word for an empty one. */
export function List({ title, entries }: { title: string; entries: readonly Children[] }): Html {
  const items = entries.map((entry) => h('li', null, entry));
  return h(Section, { title }, items.length === 0 ? h(Quiet, null, 'Nothing.') : h('ul', null, items));
}

/** A paragraph that stands back. */
export function Quiet({ children }: { children?: Children }): Html {
  return h('p', { class: 'muted' }, children);
}
