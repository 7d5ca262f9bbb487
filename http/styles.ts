/** What the stack tells of itself: numbers of every style, processes, and what is broken, for pages that show it to many. */
import type { Express } from 'express';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { onlyMethods } from './requests.ts';

/** Adds `/styles`. */
export function addStylesRoute(app: Express, { report, operatorToken }: AppParts): void {
  app
    .route('/styles')
    .get(operatorsOnly(operatorToken), async (_request, response) => void response.json(await report()))
    .all(onlyMethods('GET, HEAD'));
}
