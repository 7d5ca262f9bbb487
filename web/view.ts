/** How one person has arranged the page: which lanes, what is typed, what is open. None of it is told to anybody, and little is kept. */
import { styles, type Style } from '../domain/signup.ts';

/** The panels that a narrow screen shows one of. */
export const tabs = ['inbox', 'faults', 'numbers'] as const;
export type Tab = (typeof tabs)[number];

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

export type View = {
  /** The lanes that are shown, and started in. */
  readonly lanes: readonly Style[];
  /** The lane that is drawn larger than the others; on a narrow screen the one that is shown. */
  readonly middle: Style | null;
  readonly tab: Tab;
  readonly email: string;
  /** Whether the address is to be one that takes no mail. */
  readonly takesNoMail: boolean;
  readonly hasPhone: boolean;
  readonly isHelpOpen: boolean;
  readonly areKeysOn: boolean;
  readonly theme: Theme;
  /** Whether the API asks for the operator's token. */
  readonly needsToken: boolean;
};

/** The page as it is first seen. */
export const firstView: View = {
  lanes: styles,
  middle: null,
  tab: 'inbox',
  email: 'ada@example.com',
  takesNoMail: false,
  hasPhone: true,
  isHelpOpen: false,
  areKeysOn: true,
  theme: 'auto',
  needsToken: false,
};

/** The phone number of everybody who has one. */
export const phone = '+15550001111';

/** The address to sign up with: the built-in mail server knows nobody at `undeliverable.example`. */
export function addressIn({ email, takesNoMail }: View): string {
  return takesNoMail ? `${email.slice(0, email.lastIndexOf('@'))}@undeliverable.example` : email;
}
