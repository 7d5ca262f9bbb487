/** The keys of the page. They work only while no field has the focus, and can be switched off. */
import { styles } from '../domain/signup.ts';
import type { Actions } from './actions.ts';
import { playingOn, sceneKey } from './scenes/playing.ts';
import { startChosen } from './start.ts';
import type { Store } from './state.ts';

/** Does what a key is for, and says whether it is for anything. */
export function pressed(key: string, store: Store, actions: Actions): boolean {
  if (sceneKey(playingOn(store, actions), key)) return true;
  const { view, isPaused, selectedStep } = store.page;
  const style = styles[Number(key) - 1];
  if (style !== undefined) {
    store.arrange({ middle: view.middle === style ? null : style });
    return true;
  }
  switch (key) {
    case 's':
      void startChosen(store, actions);
      return true;
    case 'h':
      void actions.healAll();
      return true;
    case 'p':
      store.change({ isPaused: !isPaused });
      return true;
    case '?':
      store.arrange({ isHelpOpen: !view.isHelpOpen });
      return true;
    case 'Escape':
      if (view.isHelpOpen) store.arrange({ isHelpOpen: false });
      else if (selectedStep) store.change({ selectedStep: null });
      else if (view.middle !== null) store.arrange({ middle: null });
      else return false;
      return true;
  }
  return false;
}
