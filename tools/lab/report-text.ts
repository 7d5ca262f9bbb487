/** Text for the report: escaped, and with its markdown links as links to the source. */
import { escaped } from '../platform/mailbox/page.ts';

/** The same, with `[words](path)` as a link, and backticks as code. Paths are from the root of the repository. */
export function linked(markdown: string): string {
  return escaped(fromDocs(markdown))
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, '<a href="$2">$1</a>')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** Markdown whose links start at the root of the repository, for a document one folder below it. */
export function fromDocs(markdown: string): string {
  return markdown.replaceAll(/\]\((?!https?:)/g, '](../');
}

/** A list under a heading, or the words for none. */
export function list(heading: string, entries: readonly string[], none: string): string {
  const items = entries.map((entry) => `<li>${entry}</li>`).join('');
  return `<section><h4>${heading}</h4>${entries.length === 0 ? `<p class="muted">${none}</p>` : `<ul>${items}</ul>`}</section>`;
}
