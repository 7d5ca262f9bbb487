/** The mailbox for people: one page without scripts, which carries its style, since there is nothing else that it serves. */
import { Badge } from '../../../web/components/badge.ts';
import { h, type Children, type Html } from '../../../web/components/h.ts';
import { renderPage } from '../../../web/components/render.ts';
import { marked, Time, Typed } from '../../../web/components/text.ts';
import type { Message } from './store.ts';

/** The page for these messages, newest first. */
export function page(messages: readonly Message[], to: string): string {
  return renderPage(
    { title: 'Duet mailbox', style },
    h(
      'header',
      null,
      h('h1', null, 'Duet mailbox'),
      h(
        'form',
        null,
        h('label', null, 'To ', h('input', { name: 'to', value: to, placeholder: 'everybody', dir: 'auto' })),
        ' ',
        h('button', null, 'Show'),
      ),
    ),
    h(
      'main',
      null,
      messages.length === 0 && h('p', null, 'Nothing has arrived yet.'),
      messages.map((message) => h(Arrived, { message })),
    ),
  );
}

function Arrived({ message }: { message: Message }): Html {
  const { channel, to, purpose, subject, text, links, receivedAt } = message;
  return h(
    'article',
    null,
    h(
      'p',
      null,
      h(Badge, { word: channel }),
      ' ',
      h(Typed, { text: to }),
      purpose !== null && ` · ${purpose}`,
      ' · ',
      h(Time, { at: receivedAt }),
    ),
    subject !== null && h('h2', { dir: 'auto' }, subject),
    h('pre', { dir: 'auto' }, linked(text, links)),
  );
}

/** Longest first, so that a link that begins with another is not cut in two. */
function linked(text: string, links: readonly string[]): Children {
  if (links.length === 0) return text;
  const pieces = links.toSorted((one, other) => other.length - one.length).map(escapedPattern);
  return marked(text, new RegExp(pieces.join('|'), 'g'), ([href]) =>
    h('a', { href, rel: 'noreferrer' }, href),
  );
}

function escapedPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

const style = `
  :root { color-scheme: light dark; --line: #8884; --quiet: light-dark(#666c74, #9aa1ab); --link: light-dark(#3557d6, #9db2ff); background: Canvas; color: CanvasText; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  a { color: var(--link); }
  header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
  h1 { font-size: 1.4rem; margin: 0; }
  input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: none; color: inherit; }
  article { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; margin: 1rem 0; }
  article p { margin: 0; color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
  article h2 { font-size: 1rem; margin: .2rem 0; }
  pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; }
  .word { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; font-weight: 400; }`;
