/** The keys of the page, as a dialog. Keys can be switched off: speech input and some aids type letters by themselves. */
import { h, type Html } from '../components/h.ts';
import type { PageLinks } from '../page-props.ts';
import { Elsewhere } from './elsewhere.ts';

/** Every key, with what it does. */
export const keys = [
  ['s', 'start a signup in all lanes'],
  ['h', 'heal all'],
  ['p', 'pause, and go on'],
  ['1 – 6', 'put a lane in the middle'],
  ['Space', 'the next step of a scene'],
  ['Backspace', 'the step of a scene before it'],
  ['?', 'this list'],
  ['Escape', 'close what is open'],
] as const;

export type HelpProps = {
  areKeysOn: boolean;
  links: PageLinks;
  onKeys: (areOn: boolean) => void;
  onClose: () => void;
};

/** The list of keys. */
export function Help({ areKeysOn, links, onKeys, onClose }: HelpProps): Html {
  return h(
    'div',
    { class: 'panel help', role: 'dialog', 'aria-labelledby': 'help-title' },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { id: 'help-title', tabIndex: -1 }, 'Keys'),
      h('button', { type: 'button', onClick: onClose }, 'Close'),
    ),
    h(
      'dl',
      { class: 'keys' },
      keys.map(([key, does]) => h('div', { key }, h('dt', null, h('kbd', null, key)), h('dd', null, does))),
    ),
    h('p', null, 'They work while no field has the focus.'),
    h(
      'label',
      null,
      h('input', {
        type: 'checkbox',
        checked: areKeysOn,
        onChange: ({ currentTarget }: { currentTarget: { checked: boolean } }) =>
          onKeys(currentTarget.checked),
      }),
      ' Letters and digits are keys',
    ),
    h('p', { class: 'elsewhere' }, h(Elsewhere, { links })),
  );
}
