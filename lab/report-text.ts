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

/** The same, with `[words](path)` as a link, and backticks as code. Paths are from the root of the repository; the page is in docs/. */
export function linked(markdown: string): string {
  return escaped(markdown)
    .replaceAll(/\[([^\]]+)\]\(([^)]+)\)/g, '<a href="../$2">$1</a>')
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>');
}
