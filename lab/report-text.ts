/** Text for the report: escaped, and with its markdown links as links to the source. */

const entities: Record<string, string> = {
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

/** The same, with `[words](path)` as a link, and backticks as code. Paths are from the root of the repository. */
export function linked(markdown: string): string {
  return escaped(fromDocs(markdown))
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, '<a href="$2">$1</a>')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}

/** Markdown whose links start at the root of the repository, for a document in docs/. */
export function fromDocs(markdown: string): string {
  return markdown.replaceAll(/\]\((?!https?:)/g, '](../');
}

/** A list under a heading, or the words for none. */
export function list(heading: string, entries: readonly string[], none: string): string {
  const items = entries.map((entry) => `<li>${entry}</li>`).join('');
  return `<section><h4>${heading}</h4>${entries.length === 0 ? `<p class="muted">${none}</p>` : `<ul>${items}</ul>`}</section>`;
}
