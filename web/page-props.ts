/** What every part of the page is given: the page as it is, and the ways to change it. */
import type { Actions } from './actions.ts';
import type { Page } from './page.ts';
import type { Store } from './state.ts';

/** Where a person can look beside the page, as far as it is there. */
export type PageLinks = {
  /** The page of the workflow that plays a signup. */
  workflow?: ((signupId: string) => string) | undefined;
  temporal?: string | undefined;
  rabbitmq?: string | undefined;
};

export type PanelProps = { page: Page; store: Store; actions: Actions; links: PageLinks };
