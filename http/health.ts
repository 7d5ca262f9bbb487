/** What operations ask: whether the process lives, whether it can take signups, and its metrics. */
import type { Express } from 'express';
import { styles } from '../domain/signup.ts';
import type { AppParts } from './parts.ts';
import { parseOr400 } from './problems.ts';
import { readinessOf } from './readiness.ts';
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
      const answers = await Promise.all(asked.map((name) => readinessOf(coordinators[name])));
      const body = Object.fromEntries(asked.map((name, index) => [name, answers[index]]));
      response.status(answers.some(({ ready }) => ready) ? 200 : 503).json(body);
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
