/** The switches that break a running stack. The API only passes on: the supervisor decides, counts the time, and heals. */
import { once } from 'node:events';
import type { Express } from 'express';
import { faultNames, FaultWish, type FaultName } from '../domain/faults.ts';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { parseOr400, Problem } from './problems.ts';
import { jsonBody, onlyMethods } from './requests.ts';

/** Adds `/faults` and what is below it. */
export function addFaultRoutes(app: Express, { supervisor, operatorToken }: AppParts): void {
  const operators = operatorsOnly(operatorToken);

  app
    .route('/faults')
    .get(operators, async (_request, response) => {
      response.json({ faults: await supervisor.faults() });
    })
    .delete(operators, async (_request, response) => {
      await supervisor.heal();
      response.status(204).end();
    })
    .all(onlyMethods('GET, HEAD, DELETE'));

  app
    .route('/faults/:name')
    .put(operators, jsonBody, async ({ params, body = {} }, response) => {
      const name = faultCalled(params.name);
      const wish = parseOr400(FaultWish, body);
      // Where it ends this very process, that waits for the answer to be out.
      const answered = once(response, 'close').then(() => {});
      response.json(await supervisor.break(name, wish, answered));
    })
    .delete(operators, async ({ params }, response) => {
      await supervisor.heal(faultCalled(params.name));
      response.status(204).end();
    })
    .all(onlyMethods('PUT, DELETE'));
}

function faultCalled(name: string): FaultName {
  const found = faultNames.find((each) => each === name);
  if (found === undefined) throw new Problem('not-found', `there is no fault \`${name}\`; see /faults`);
  return found;
}
