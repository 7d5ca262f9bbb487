/** `GET /signups/<id>/history`: where a signup is and why, in one shape for both styles. */
import type { RequestHandler } from 'express';
import { z } from 'zod';
import type { ReadHistory } from '../domain/history.ts';
import type { Style } from '../domain/signup.ts';
import { firstThatKnows } from './first-that-knows.ts';
import { Problem } from './problems.ts';

/** Answers with the rows of a signup's history, from the source of its style. */
export function answerHistory(histories: Record<Style, ReadHistory>): RequestHandler<{ id: string }> {
  return async ({ params: { id } }, response) => {
    const history = z.uuid().safeParse(id).success
      ? await firstThatKnows(histories, (read) => read(id))
      : undefined;
    if (!history) throw new Problem('not-found', `there is no history of a signup \`${id}\``);
    response.json(history);
  };
}
