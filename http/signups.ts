/** The routes of signups: start one, list them, look at one and its history, try again what is parked of it, and move its clock. */
import type { Express, Response } from 'express';
import type { Coordinator, FastForwarded } from '../domain/coordinator.ts';
import { inWords } from '../domain/duration.ts';
import { SignupRequest, withoutAddresses, withoutPerson, type Signup } from '../domain/signup.ts';
import type { OpenRefusal } from '../domain/steps.ts';
import { readSignupId, signupIdOf } from '../domain/tokens.ts';
import type { Admit } from './admission.ts';
import { isOperator, operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { parseOr400, Problem, type ProblemKind } from './problems.ts';
import { idempotencyKey, jsonBody, onlyMethods } from './requests.ts';
import { cursorAt, FastForward, listQuery, positionOf } from './schemas.ts';

/** What a signup is answered with that step 1 refuses. */
const refusals: Record<OpenRefusal, ProblemKind> = { 'email-taken': 'email-taken', closed: 'ended' };

/** Adds `/signups` and what is below it. */
export function addSignupRoutes(app: Express, parts: AppParts, admit: Admit): void {
  const { coordinators, histories, list, operatorToken, verificationKey } = parts;
  app
    .route('/signups')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      const { cursor, limit, ...query } = parseOr400(listQuery, request.query);
      const after = cursor === undefined ? undefined : positionOf(cursor);
      // One more than asked for tells whether there is a next page.
      const found = await list({ ...query, after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      response.json({ items, next: last && found.length > limit ? cursorAt(last) : null });
    })
    .post(jsonBody, async (request, response) => {
      const signupRequest = parseOr400(SignupRequest, request.body);
      const { style } = signupRequest;
      const id = signupIdOf(style, idempotencyKey(request, response), verificationKey);
      const { notHere } = coordinators[style];
      if (notHere !== undefined) throw new Problem('style-not-here', notHere);
      const started = await admit(style, response, () => coordinators[style].start(id, signupRequest));
      if ('otherRequest' in started) {
        throw new Problem('key-reused', 'use a new Idempotency-Key for a new request');
      }
      if ('refused' in started) throw new Problem(refusals[started.refused], started.message);
      if ('undeliverable' in started) {
        response.location(`/signups/${id}`);
        throw new Problem('undeliverable', 'the welcome mail was refused, so the account was closed again');
      }
      const [status, signup] = 'finished' in started ? [201, started.finished] : [202, started.accepted];
      response.status(status).location(`/signups/${id}`).json(signup);
    })
    .all(onlyMethods('GET, HEAD, POST'));

  app
    .route('/signups/:id')
    .get(async (request, response) => {
      const { signup } = await known(request.params.id, response);
      response.json(isOperator(request, operatorToken) ? signup : withoutPerson(signup));
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/signups/:id/history')
    .get(async (request, response) => {
      const { id: typed } = request.params;
      const named = readSignupId(typed);
      const history = named && (await admit(named.style, response, () => histories[named.style](named.id)));
      if (!history) throw new Problem('not-found', `there is no history of a signup \`${typed}\``);
      const isShown = isOperator(request, operatorToken);
      // What a provider quotes of the person, only operators see.
      const hidden = (detail: string | null) =>
        isShown || detail === null ? detail : withoutAddresses(detail);
      response.json(history.map((row) => ({ ...row, detail: hidden(row.detail) })));
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/signups/:id/resume')
    .post(operatorsOnly(operatorToken), async ({ params: { id } }, response) => {
      const { signup, coordinator } = await known(id, response);
      await coordinator.resume(signup.id);
      response.status(202).json(signup);
    })
    .all(onlyMethods('POST'));

  app
    .route('/signups/:id/fast-forward')
    .post(operatorsOnly(operatorToken), jsonBody, async ({ body, params: { id } }, response) => {
      const { by } = parseOr400(FastForward, body);
      const { signup, coordinator } = await known(id, response);
      const came = signup.outcome === null ? await coordinator.fastForward(signup.id, by) : 'ended';
      if (came === 'ended') throw new Problem('ended', `nothing is left to be decided in signup \`${id}\``);
      if (came !== 'moved') throw notMoved(came);
      response.json((await known(id, response)).signup);
    })
    .all(onlyMethods('POST'));

  /** A signup and its coordinator, which the id names. Throws a 404 problem where there is no such signup. */
  async function known(
    typed: string,
    response: Response,
  ): Promise<{ signup: Signup; coordinator: Coordinator }> {
    const named = readSignupId(typed);
    const coordinator = named && coordinators[named.style];
    const signup = coordinator && (await admit(named.style, response, () => coordinator.find(named.id)));
    if (!coordinator || !signup) throw new Problem('not-found', `there is no signup \`${typed}\``);
    return { signup, coordinator };
  }
}

function notMoved(came: Exclude<FastForwarded, string>): Problem {
  if ('impossible' in came) return new Problem('no-time-skipping', came.impossible);
  const { movedMs, underWay } = came;
  return new Problem('not-at-rest', `moved by ${inWords(movedMs)} so far: ${underWay}`);
}
