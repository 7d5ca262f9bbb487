/** Starts what the start row says: the lanes that are shown and here, with the address that is typed. */
import type { Actions } from './actions.ts';
import type { Store } from './state.ts';
import { addressIn, phone } from './view.ts';

/** Starts one signup in each chosen lane. */
export async function startChosen(store: Store, actions: Actions): Promise<void> {
  const { view, lanes } = store.page;
  const here = view.lanes.filter((style) => lanes[style].report?.isHere !== false);
  if (!view.email.includes('@')) return store.notice('An e-mail address has an @ in it.');
  if (here.length === 0) return store.notice('None of the chosen lanes is here.');
  await actions.start({
    styles: here,
    email: addressIn(view),
    phone: view.hasPhone ? phone : undefined,
  });
}
