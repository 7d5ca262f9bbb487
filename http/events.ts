/** `GET /events`: the feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { Express } from 'express';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { parseOr400 } from './problems.ts';
import { onlyMethods } from './requests.ts';
import { eventsHeader, eventsQuery } from './schemas.ts';

/** Adds `/events`. */
export function addEventRoutes(app: Express, { feed, operatorToken }: AppParts): void {
  app
    .route('/events')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      const { after } = parseOr400(eventsQuery, request.query);
      const { 'Last-Event-ID': last = after } = parseOr400(eventsHeader, {
        'Last-Event-ID': request.get('last-event-id'),
      });
      await feed.stream(request, response, last === undefined ? undefined : Number(last));
    })
    .all(onlyMethods('GET, HEAD'));
}
