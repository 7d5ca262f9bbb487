/** The routes of signups: start one, list them, look at one, try again what is parked of it, and move its clock. */
import express, { type Express } from 'express';
import { z } from 'zod';
import type { FastForwarded } from '../domain/coordinator.ts';
import { Duration, inWords } from '../domain/duration.ts';
import { SignupRequest, type Signup } from '../domain/signup.ts';
import { signupIdOf } from '../domain/tokens.ts';
import type { Edge } from './app.ts';
import { firstThatKnows } from './first-that-knows.ts';
import { answerHistory } from './history.ts';
import { listQuery, readPage } from './list.ts';
import { operatorsOnly } from './operator.ts';
import { parseOr400, Problem } from './problems.ts';
import { idempotencyKey, jsonOnly, onlyMethods } from './requests.ts';

const bodyLimit = '16kb';

/** What `POST /signups/<id>/fast-forward` takes. */
export const FastForward = z.strictObject({ by: Duration });

/** Adds `/signups` and what is below it. */
export function addSignupRoutes(app: Express, { coordinators, histories, list, operatorToken }: Edge): void {
  app
    .route('/signups')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      response.json(await readPage(list, parseOr400(listQuery, request.query)));
    })
    .post(jsonOnly, express.json({ limit: bodyLimit }), async (request, response) => {
      const signupRequest = parseOr400(SignupRequest, request.body);
      const { style } = signupRequest;
      const started = await coordinators[style].start(
        signupIdOf(style, idempotencyKey(request)),
        signupRequest,
      );
      if ('otherRequest' in started) {
        throw new Problem('key-reused', 'use a new Idempotency-Key for a new request');
      }
      if ('refused' in started) throw new Problem('email-taken', started.message);
      const { accepted } = started;
      response.status(202).location(`/signups/${accepted.id}`).json(accepted);
    })
    .all(onlyMethods('GET, HEAD, POST'));

  app
    .route('/signups/:id')
    .get(async ({ params: { id } }, response) => void response.json(await signupOf(id)))
    .all(onlyMethods('GET, HEAD'));

  app.route('/signups/:id/history').get(answerHistory(histories)).all(onlyMethods('GET, HEAD'));

  app
    .route('/signups/:id/resume')
    .post(operatorsOnly(operatorToken), async ({ params: { id } }, response) => {
      const signup = await signupOf(id);
      await coordinators[signup.style].resume(id);
      response.status(202).json(signup);
    })
    .all(onlyMethods('POST'));

  app
    .route('/signups/:id/fast-forward')
    .post(
      operatorsOnly(operatorToken),
      jsonOnly,
      express.json({ limit: bodyLimit }),
      async ({ body, params: { id } }, response) => {
        const { by } = parseOr400(FastForward, body);
        const { style, outcome } = await signupOf(id);
        const came = outcome === null ? await coordinators[style].fastForward(id, by) : 'ended';
        if (came === 'ended') throw new Problem('ended', `nothing is left to be decided in signup \`${id}\``);
        if (came !== 'moved') throw notMoved(came);
        response.json(await signupOf(id));
      },
    )
    .all(onlyMethods('POST'));

  /** Throws a 404 problem where nobody knows it. */
  async function signupOf(id: string): Promise<Signup> {
    const signup = z.uuid().safeParse(id).success
      ? await firstThatKnows(coordinators, (coordinator) => coordinator.find(id))
      : undefined;
    if (!signup) throw new Problem('not-found', `there is no signup \`${id}\``);
    return signup;
  }
}

function notMoved(came: Exclude<FastForwarded, string>): Problem {
  if ('impossible' in came) return new Problem('no-time-skipping', came.impossible);
  const { movedMs, underWay } = came;
  return new Problem(
    'not-at-rest',
    `moved by ${inWords(movedMs)} so far, and does not come to rest: ${underWay}`,
  );
}
