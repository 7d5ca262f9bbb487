/** What operations ask: whether the process lives, whether it can take signups, and its metrics. */
import type { Express } from 'express';
import { styles } from '../domain/signup.ts';
import type { AppParts } from './parts.ts';
import { parseOr400 } from './problems.ts';
import { onlyMethods } from './requests.ts';
import { readyQuery } from './schemas.ts';

/** Adds `/health/live`, `/health/ready` and `/metrics`. */
export function addHealthRoutes(app: Express, { coordinators, metrics }: AppParts): void {
  app
    .route('/health/live')
    .get((_request, response) => void response.json({ status: 'up' }))
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/health/ready')
    .get(async (request, response) => {
      const { style } = parseOr400(readyQuery, request.query);
      const asked = style ? [style] : styles;
      const missing = await Promise.all(asked.map((name) => coordinators[name].missing()));
      const body = Object.fromEntries(
        asked.map((name, index) => [
          name,
          missing[index] ? { ready: false, missing: missing[index] } : { ready: true },
        ]),
      );
      response.status(missing.some((part) => part === undefined) ? 200 : 503).json(body);
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/metrics')
    .get(async (_request, response) => {
      const { contentType, text } = await metrics();
      response.set('content-type', contentType).send(text);
    })
    .all(onlyMethods('GET, HEAD'));
}
