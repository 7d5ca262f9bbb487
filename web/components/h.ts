/**
 * What every component is written with: `h('p', { class: 'lead' }, text)` makes an element, and what is given to it as text is shown
 * as text, whatever is in it. Node loads components as they are, and so does the browser's bundle; nothing here renders.
 */
import type { JSX } from 'preact';

export { Fragment, h } from 'preact';
export type { ComponentChildren as Children } from 'preact';

/** What a component returns: an element, not yet rendered. */
export type Html = JSX.Element;
