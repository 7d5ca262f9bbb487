/** `GET /events`: the feed as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
import type { Express } from 'express';
import { z } from 'zod';
import type { Edge } from './app.ts';
import { operatorsOnly } from './operator.ts';
import { parseOr400 } from './problems.ts';
import { onlyMethods } from './requests.ts';

const eventId = 'expected the id of an event: a whole number';
const position = z.string(eventId).regex(/^\d{1,15}$/, eventId);

/** The query of `GET /events`, for those who cannot send a header; the header goes first. */
export const eventsQuery = z.strictObject({ after: position.optional() });

/** What a browser sends by itself when it comes back. */
export const eventsHeader = z.object({ 'Last-Event-ID': position.optional() });

/** Adds `/events`. */
export function addEventRoutes(app: Express, { feed, operatorToken }: Edge): void {
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
