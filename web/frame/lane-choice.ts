/** Which lanes are shown, and started in: a menu that Escape closes, and a click or a focus outside of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';
import { Check } from './check.ts';

/** The menu. */
export function LaneChoice({ page, store }: Pick<PanelProps, 'page' | 'store'>): Html {
  const menu = useRef<HTMLDetailsElement>(null);
  const [isOpen, open] = useState(false);
  const { lanes } = page.view;
  const chosen = (style: Style, isOn: boolean) =>
    styles.filter((each) => (each === style ? isOn : lanes.includes(each)));

  useEffect(() => {
    const { current } = menu;
    if (!isOpen || !current) return;
    const leave = ({ target }: Event) => {
      if (target instanceof Node && !current.contains(target)) open(false);
    };
    const close = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      // One Escape closes one thing.
      event.preventDefault();
      if (current.contains(document.activeElement)) current.querySelector('summary')?.focus();
      open(false);
    };
    // Before the page, which takes what is left.
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    document.addEventListener('keydown', close, true);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
      document.removeEventListener('keydown', close, true);
    };
  }, [isOpen]);

  return h(
    'details',
    {
      class: 'lane-choice',
      ref: menu,
      open: isOpen,
      onToggle: ({ currentTarget }: { currentTarget: HTMLDetailsElement }) => open(currentTarget.open),
    },
    h('summary', null, 'Lanes'),
    h(
      'fieldset',
      null,
      h('legend', null, 'Shown, and started in'),
      styles.map((style) =>
        h(Check, {
          key: style,
          word: traits[style].title,
          isOn: lanes.includes(style),
          // The last one stays.
          isDisabled: lanes.length === 1 && lanes[0] === style,
          onChange: (isOn) => store.arrange({ lanes: chosen(style, isOn) }),
        }),
      ),
    ),
  );
}
