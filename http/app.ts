/** The routes. They check what comes in, ask a coordinator, and say in HTTP what it answered; they decide nothing. */
import { fileURLToPath } from 'node:url';
import express, { type Express, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Clicked, Coordinator } from '../domain/coordinator.ts';
import type { ReadHistory } from '../domain/history.ts';
import { SignupRequest, styles, type Signup, type Style } from '../domain/signup.ts';
import { signupIdOf, signupIdOfToken } from '../domain/tokens.ts';
import { firstThatKnows } from './first-that-knows.ts';
import { answerHistory } from './history.ts';
import { mailboxQuery, readMailbox } from './mailbox.ts';
import { openApiDocument } from './openapi.ts';
import { isOperator, operatorsOnly } from './operator.ts';
import { clickedPage, startPage, verifyPage, type Links } from './pages.ts';
import { answerProblems, parseOr400, Problem } from './problems.ts';
import { idempotencyKey, jsonOnly, onlyMethods } from './requests.ts';

export type Edge = {
  coordinators: Record<Style, Coordinator>;
  histories: Record<Style, ReadHistory>;
  /** The signups opened last, newest first, for the start page. */
  latest: (limit: number) => Promise<Signup[]>;
  verificationKey: string;
  operatorToken: string | undefined;
  mailboxUrl: string | undefined;
  links: Links;
  log: Logger;
};

const bodyLimit = '16kb';
const get = 'GET, HEAD';
const assets = fileURLToPath(new URL('assets', import.meta.url));

/** The HTTP application, not yet listening. */
export function createApp(edge: Edge): Express {
  const { coordinators, verificationKey, operatorToken, log } = edge;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.set({
      'content-security-policy':
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    next();
  });

  app
    .route('/signups')
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
    .all(onlyMethods('POST'));

  app
    .route('/signups/:id')
    .get(async ({ params: { id } }, response) => {
      const signup = z.uuid().safeParse(id).success
        ? await firstThatKnows(coordinators, (coordinator) => coordinator.find(id))
        : undefined;
      if (!signup) throw new Problem('not-found', `there is no signup \`${id}\``);
      response.json(signup);
    })
    .all(onlyMethods(get));

  app.route('/signups/:id/history').get(answerHistory(edge.histories)).all(onlyMethods(get));

  app
    .route('/verify/:token')
    .get((request, response) => {
      // A GET never verifies: mail scanners follow links.
      if (signupIdOfToken(request.params.token, verificationKey) === undefined)
        return answerClick(request, response, 'unknown');
      response.type('html').send(verifyPage());
    })
    .post(async (request, response) => {
      const id = signupIdOfToken(request.params.token, verificationKey);
      if (id === undefined) return answerClick(request, response, 'unknown');
      const clicked = await firstThatKnows(coordinators, async (coordinator) => {
        const answer = await coordinator.click(id);
        return answer === 'unknown' ? undefined : answer;
      });
      answerClick(request, response, clicked ?? 'unknown', id);
    })
    .all(onlyMethods('GET, HEAD, POST'));

  app
    .route('/mailbox')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      if (!edge.mailboxUrl) throw new Problem('no-mailbox', 'mail and SMS leave through providers of yours');
      response.json(await readMailbox(edge.mailboxUrl, parseOr400(mailboxQuery, request.query)));
    })
    .all(onlyMethods(get));

  app
    .route('/health/live')
    .get((_request, response) => void response.json({ status: 'up' }))
    .all(onlyMethods(get));

  app
    .route('/health/ready')
    .get(async (request, response) => {
      const { style } = parseOr400(z.strictObject({ style: z.enum(styles).optional() }), request.query);
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
    .all(onlyMethods(get));

  app
    .route('/openapi.json')
    .get((_request, response) => void response.json(openApiDocument()))
    .all(onlyMethods(get));

  app
    .route('/')
    .get(async (request, response) => {
      const isShown = isOperator(request, operatorToken);
      // The page is there to say what is going on: it comes without its list while the database is away.
      const latest = isShown ? await edge.latest(20).catch(() => undefined) : undefined;
      response.type('html').send(startPage(edge.links, latest));
    })
    .all(onlyMethods(get));
  app.use('/assets', express.static(assets, { index: false }));

  app.use(({ path }) => {
    throw new Problem('not-found', `there is nothing at \`${path}\`; see /openapi.json`);
  });
  app.use(answerProblems(log));
  return app;
}

const clickStatus: Record<Clicked, number> = { activated: 200, kept: 202, closed: 410, unknown: 404 };

/** What came of a click: a page for people, JSON or a problem for everybody else. */
function answerClick(request: Request, response: Response, clicked: Clicked, id?: string): void {
  if (request.accepts(['json', 'html']) === 'html') {
    response.status(clickStatus[clicked]).type('html').send(clickedPage(clicked));
    return;
  }
  if (clicked === 'unknown') throw new Problem('unknown-link');
  if (clicked === 'closed')
    throw new Problem('closed', 'the account of this link was closed; you may sign up again');
  response
    .status(clickStatus[clicked])
    .json({ id, status: clicked === 'activated' ? 'activated' : 'pending' });
}
