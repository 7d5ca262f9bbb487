/**
 * HTML as text, for what the api serves and for reports that are files. The one place where anything is escaped (by preact), and the
 * one place where something is not: the style sheet of a page that has to be a single file. The browser's bundle does without it.
 */
import { renderToString } from 'preact-render-to-string';
import { Fragment, h, type Children, type Html } from './h.ts';

/** What stands in the head of a page. */
export type Head = {
  title: string;
  /** Paths of style sheets that are served. */
  stylesheets?: readonly string[];
  /** Style sheet that the page carries itself: for pages that are opened from a disk, or served without assets. */
  style?: string;
  /** Paths of modules that are served. */
  scripts?: readonly string[];
  /** Whom a form of the page tells that it comes from here. */
  referrer?: 'same-origin';
  /** What a script of the page is told, as `data-` attributes of the document. */
  about?: Readonly<Record<string, string | undefined>>;
};

/** A whole document in English, with its doctype. Without an icon of its own a browser would ask for one. */
export function renderPage(head: Head, ...body: Children[]): string {
  const { title, stylesheets = [], style, scripts = [], referrer, about = {} } = head;
  const page = h(
    'html',
    {
      lang: 'en',
      ...Object.fromEntries(Object.entries(about).map(([name, value]) => [`data-${name}`, value])),
    },
    h(
      'head',
      null,
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      referrer && h('meta', { name: 'referrer', content: referrer }),
      h('link', { rel: 'icon', href: 'data:,' }),
      h('title', null, title),
      stylesheets.map((href) => h('link', { rel: 'stylesheet', href })),
      style !== undefined && styleElement(style),
      scripts.map((src) => h('script', { type: 'module', src })),
    ),
    h('body', null, ...body),
  );
  return `<!doctype html>\n${render(page)}\n`;
}

/** A part of a page. A half of a surrogate pair is no character, and would be another one in UTF-8: it is shown as the sign for that. */
export function render(...nodes: Children[]): string {
  return renderToString(h(Fragment, null, ...nodes)).replaceAll(/\p{Surrogate}/gu, '\uFFFD');
}

/** The text of a style sheet cannot be escaped: it is one of ours, and must not end its element. */
function styleElement(style: string): Html {
  if (style.includes('</')) throw new Error('a style sheet that is part of a page cannot contain `</`');
  return h('style', { dangerouslySetInnerHTML: { __html: style } });
}
