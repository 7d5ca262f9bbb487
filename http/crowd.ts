/**
 * The routes of the crowd. They check what is asked for and pass it on to the process that lets customers come, which is started for
 * the first of them: the api does not measure itself.
 */
import type { Express } from 'express';
import { request as ask } from 'undici';
import { below } from '../domain/addresses.ts';
import { CrowdRequest, CrowdState, noCrowd, type CrowdComing } from '../domain/crowd.ts';
import { styles } from '../domain/signup.ts';
import { operatorsOnly } from './operator.ts';
import type { AppParts } from './parts.ts';
import { parseOr400, Problem } from './problems.ts';
import { jsonBody, onlyMethods } from './requests.ts';

const answerWithinMs = 5000;

/** Adds `/crowd`. */
export function addCrowdRoutes(
  app: Express,
  { crowdUrl: url, supervisor, coordinators, operatorToken }: AppParts,
): void {
  app
    .route('/crowd')
    .all(operatorsOnly(operatorToken))
    .get(async (_request, response) => {
      const { body } = await askCrowd(url, 'GET');
      response.json(CrowdState.parse(body ?? noCrowd));
    })
    .post(jsonBody, async ({ body: given }, response) => {
      const wanted = withStyles(parseOr400(CrowdRequest, given));
      if (url === undefined) {
        throw new Problem(
          'no-crowd',
          'mail or SMS leaves through a provider of yours: many at once come only where the built-in mailbox takes everything',
        );
      }
      await supervisor.start('crowd');
      const { status, body } = await askCrowd(url, 'POST', wanted);
      if (status === 409) throw new Problem('crowd-under-way', 'wait for its end, or stop it by DELETE');
      if (status !== 202)
        throw new Problem('unavailable', `The crowd does not answer: ${status ?? 'it is away'}`);
      response.status(202).json(CrowdState.parse(body));
    })
    .delete(async (_request, response) => {
      await askCrowd(url, 'DELETE');
      response.status(204).end();
    })
    .all(onlyMethods('GET, HEAD, POST, DELETE'));

  /** A style that is named must be here. */
  function withStyles(asked: CrowdRequest): CrowdComing {
    const { styles: named } = asked;
    const missing = named?.find((style) => coordinators[style].notHere !== undefined);
    if (missing) throw new Problem('style-not-here', coordinators[missing].notHere);
    const here = styles.filter((style) => coordinators[style].notHere === undefined);
    return { ...asked, styles: named ?? here };
  }
}

/** Nothing where the process does not run, which is no fault: it runs once it has something to do. */
async function askCrowd(
  url: string | undefined,
  method: 'GET' | 'POST' | 'DELETE',
  wanted?: CrowdComing,
): Promise<{ status?: number; body?: unknown }> {
  if (url === undefined) return {};
  const sent = wanted && {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wanted),
  };
  try {
    const { statusCode: status, body } = await ask(below(url, '/crowd'), {
      method,
      ...sent,
      headersTimeout: answerWithinMs,
      bodyTimeout: answerWithinMs,
    });
    const text = await body.text();
    return { status, body: text === '' ? undefined : JSON.parse(text) };
  } catch (error) {
    if (isRefused(error)) return {};
    throw new Problem(
      'unavailable',
      `The crowd does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED';
