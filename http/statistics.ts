/** The late subscriber: the supervisor has it join and leave, and what it has counted is there for as long as its tables are. */
import type { Express } from 'express';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { onlyMethods } from './requests.ts';

/** The one process that runs only where somebody asks for it here. */
const lateSubscriber = 'statistics';

/** Adds `/processes/statistics` and `/statistics`. */
export function addStatisticsRoutes(
  app: Express,
  { supervisor, countedDays, operatorToken }: AppParts,
): void {
  const operators = operatorsOnly(operatorToken);

  app
    .route(`/processes/${lateSubscriber}`)
    .put(operators, async (_request, response) => {
      await supervisor.start(lateSubscriber);
      response.status(204).end();
    })
    .delete(operators, async (_request, response) => {
      await supervisor.stop(lateSubscriber);
      response.status(204).end();
    })
    .all(onlyMethods('PUT, DELETE'));

  app
    .route('/statistics')
    .get(operators, async (_request, response) => {
      response.json({ days: (await countedDays()) ?? null });
    })
    .all(onlyMethods('GET, HEAD'));
}
