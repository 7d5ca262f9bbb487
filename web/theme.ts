/** The colours that somebody has chosen, which a browser keeps for all windows of the page: the live page writes, the notes read. */
import { themes, type Theme } from './view.ts';

const keptAs = 'duet-theme';

/** What was chosen last. */
export function keptTheme(storage: Storage): Theme {
  const kept = storage.getItem(keptAs);
  return themes.find((theme) => theme === kept) ?? 'auto';
}

/** Keeps what was chosen. */
export function keepTheme(storage: Storage, theme: Theme): void {
  storage.setItem(keptAs, theme);
}
