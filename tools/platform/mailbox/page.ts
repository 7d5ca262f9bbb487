/** The mailbox for people: one page without scripts. Everything shown came from outside and is escaped. */
import type { Message } from './store.ts';

/** The page for these messages, newest first. */
export function page(messages: readonly Message[], to: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Duet mailbox</title>
<style>
  :root { color-scheme: light dark; --line: #8884; --quiet: #888; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
  header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
  h1 { font-size: 1.4rem; margin: 0; }
  input, button { font: inherit; padding: .3rem .6rem; border: 1px solid var(--line); border-radius: .4rem; background: none; color: inherit; }
  article { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; margin: 1rem 0; }
  article p { margin: 0; color: var(--quiet); font-size: .875rem; overflow-wrap: anywhere; }
  article h2 { font-size: 1rem; margin: .2rem 0; }
  pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 0; }
  .channel { border: 1px solid var(--line); border-radius: 1rem; padding: 0 .5rem; }
</style>
<header>
  <h1>Duet mailbox</h1>
  <form><label>To <input name="to" value="${escaped(to)}" placeholder="everybody"></label> <button>Show</button></form>
</header>
${messages.length === 0 ? '<p>Nothing has arrived yet.</p>' : messages.map(article).join('\n')}
</html>
`;
}

function article({ channel, to, purpose, subject, text, links, receivedAt }: Message): string {
  const facts = [
    escaped(to),
    purpose === null ? '' : escaped(purpose),
    receivedAt.replace('T', ' ').slice(0, 19),
  ];
  return `<article>
  <p><span class="channel">${channel}</span> ${facts.filter(Boolean).join(' · ')}</p>
  ${subject === null ? '' : `<h2>${escaped(subject)}</h2>`}
  <pre>${linked(text, links)}</pre>
</article>`;
}

/** Longest first, so that a link that begins with another is not cut in two. */
function linked(text: string, links: readonly string[]): string {
  const pieces = links.toSorted((one, other) => other.length - one.length).map(escapedPattern);
  if (pieces.length === 0) return escaped(text);
  return text
    .split(new RegExp(`(${pieces.join('|')})`))
    .map((piece, index) =>
      index % 2 === 0 ? escaped(piece) : `<a href="${escaped(piece)}" rel="noreferrer">${escaped(piece)}</a>`,
    )
    .join('');
}

function escapedPattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that may stand in HTML, in an attribute too. */
export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!);
}
