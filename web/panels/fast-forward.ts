/** Buttons that let time pass, for one signup or for a group of them. */
import { h, type Html } from '../components/h.ts';

/** The spans that a clock is moved by. */
const spans = [
  { by: '24h', word: '+24 h' },
  { by: '72h', word: '+72 h' },
  { by: '7d', word: '+7 d' },
] as const;

export type FastForwardProps = {
  /** Whose time it is, for who cannot see where the buttons are. */
  label: string;
  isOff: boolean;
  /** Is told by how much, as `POST /signups/<id>/fast-forward` takes it. */
  onForward: (by: string) => void;
};

/** The buttons. */
export function FastForward({ label, isOff, onForward }: FastForwardProps): Html {
  return h(
    'span',
    { class: 'together', role: 'group', 'aria-label': label },
    'Time',
    spans.map(({ by, word }) =>
      h(
        'button',
        { key: by, type: 'button', 'data-forward': by, disabled: isOff, onClick: () => onForward(by) },
        word,
      ),
    ),
  );
}
