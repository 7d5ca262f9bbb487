/** A box to check, with its word. */
import { h, type Html } from '../components/h.ts';

export type CheckProps = {
  word: string;
  isOn: boolean;
  isDisabled?: boolean;
  onChange: (isOn: boolean) => void;
};

/** The box. */
export function Check({ word, isOn, isDisabled = false, onChange }: CheckProps): Html {
  return h(
    'label',
    { class: 'check' },
    h('input', {
      type: 'checkbox',
      checked: isOn,
      disabled: isDisabled,
      onChange: ({ currentTarget }: { currentTarget: HTMLInputElement }) => onChange(currentTarget.checked),
    }),
    word,
  );
}
