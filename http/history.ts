/** `GET /signups/<id>/history`: where a signup is and why, in one shape for every style. */
import type { RequestHandler } from 'express';
import { withoutAddresses } from '../domain/signup.ts';
import { readSignupId } from '../domain/tokens.ts';
import type { Admit } from './admission.ts';
import { isOperator } from './operator.ts';
import type { AppParts } from './parts.ts';
import { Problem } from './problems.ts';

/** Answers with the rows of a signup's history, from the source of its style. What a provider quotes of the person, only operators see. */
export function answerHistory(
  { histories, operatorToken }: Pick<AppParts, 'histories' | 'operatorToken'>,
  admit: Admit,
): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id: typed } = request.params;
    const named = readSignupId(typed);
    const history = named && (await admit(named.style, response, () => histories[named.style](named.id)));
    if (!history) throw new Problem('not-found', `there is no history of a signup \`${typed}\``);
    const isShown = isOperator(request, operatorToken);
    response.json(
      history.map((row) =>
        isShown || row.detail === null ? row : { ...row, detail: withoutAddresses(row.detail) },
      ),
    );
  };
}
