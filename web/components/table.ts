/** Tables and lists of facts. How they look is up to the page. */
import { h, type Children, type Html } from './h.ts';

/** A table in which every column has a header. Where it is wider than the page, it scrolls, not the page. */
export function Table(props: { class?: string; columns: readonly string[]; children?: Children }): Html {
  const { columns, children, ...others } = props;
  const headers = columns.map((column) => h('th', { scope: 'col' }, column));
  return h(
    'div',
    { class: 'scroll' },
    h('table', others, h('thead', null, h('tr', null, headers)), h('tbody', null, children)),
  );
}

/** Terms, each with what is to be said of it. */
export function Facts({ facts }: { facts: readonly (readonly [term: string, fact: Children])[] }): Html {
  return h(
    'dl',
    null,
    facts.map(([term, fact]) => [h('dt', null, term), h('dd', null, fact)]),
  );
}
