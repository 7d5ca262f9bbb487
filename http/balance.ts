/** The balance of an account: one way of asking, whatever the style of the signup that opened it. */
import type { Express } from 'express';
import { readSignupId } from '../domain/tokens.ts';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { Problem } from './problems.ts';
import { onlyMethods } from './requests.ts';

/** Adds `/accounts/<id>/balance`. An account has the id of its signup. */
export function addBalanceRoute(app: Express, { balance, operatorToken }: AppParts): void {
  app
    .route('/accounts/:id/balance')
    .get(operatorsOnly(operatorToken), async ({ params: { id } }, response) => {
      const named = readSignupId(id);
      const found = named && (await balance(named.id));
      if (found === undefined) throw new Problem('not-found', `there is no account \`${id}\``);
      if (found === 'closed') throw new Problem('closed', 'a closed account has no balance');
      response.json(found);
    })
    .all(onlyMethods('GET, HEAD'));
}
