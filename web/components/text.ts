/** Pieces of text that are marked as what they are. */
import { h, type Children, type Html } from './h.ts';

/** What somebody typed. It is a paragraph of its own to the browser, so that right-to-left text does not turn round what follows. */
export function Typed({ text }: { text: string }): Html {
  return h('bdi', null, text);
}

/** A time (ISO 8601, UTC) to the second. */
export function Time({ at }: { at: string }): Html {
  return h('time', { dateTime: at }, at.slice(0, 19).replace('T', ' '));
}

/** A link; nothing where there is nowhere to lead to. */
export function Link({ to, text }: { to: string | undefined; text: string }): Html | null {
  return to === undefined ? null : h('a', { href: to }, text);
}

/** Lines of a file of this repository. */
export function Excerpt({
  file,
  firstLine,
  lines,
}: {
  file: string;
  firstLine: number;
  lines: string;
}): Html {
  return h(
    'figure',
    { class: 'code' },
    h('figcaption', null, `${file}, from line ${firstLine}`),
    // What scrolls must be reached by the keyboard, too.
    h('pre', { tabIndex: 0, role: 'region', 'aria-label': `Code of ${file}` }, h('code', null, lines)),
  );
}

/** The text, with whatever `pattern` (a global one) finds in it as an element. */
export function marked(
  text: string,
  pattern: RegExp,
  mark: (found: RegExpMatchArray) => Children,
): Children[] {
  const parts: Children[] = [];
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    parts.push(text.slice(end, found.index), mark(found));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}
