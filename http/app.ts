/** The routes. They check what comes in, ask a coordinator, and say in HTTP what it answered; they decide nothing. */
import { fileURLToPath } from 'node:url';
import express, { type Express } from 'express';
import type { Logger } from 'pino';
import type { Coordinator } from '../domain/coordinator.ts';
import type { ReadHistory } from '../domain/history.ts';
import type { Signup, Style } from '../domain/signup.ts';
import type { ListedSignup, ListQuery } from '../domain/tracked.ts';
import { openAdmission, type AdmissionLimits } from './admission.ts';
import { addEventRoutes } from './events.ts';
import type { Feed } from './feed.ts';
import { addHealthRoutes } from './health.ts';
import { mailboxQuery, readMailbox } from './mailbox.ts';
import { openApiDocument } from './openapi.ts';
import { isOperator, operatorsOnly, ownSiteOnly } from './operator.ts';
import { startPage, type Links } from './pages.ts';
import { answerProblems, parseOr400, Problem } from './problems.ts';
import { onlyMethods } from './requests.ts';
import { addSignupRoutes } from './signups.ts';
import { addVerifyRoutes } from './verify.ts';

export type Edge = {
  coordinators: Record<Style, Coordinator>;
  histories: Record<Style, ReadHistory>;
  /** A page of the list of both styles. Throws `Unavailable`. */
  list: (query: ListQuery) => Promise<ListedSignup[]>;
  /** Everything that happens, for those who listen. */
  feed: Feed;
  /** The signups opened last, newest first, for the start page. */
  latest: (limit: number) => Promise<Signup[]>;
  /** Told of each request that was sent away because there were too many. */
  shed: (style: Style) => void;
  /** Other limits than the usual ones, for tests. */
  limits?: Partial<AdmissionLimits>;
  /** The metrics of this process, as Prometheus reads them. */
  metrics: () => Promise<{ contentType: string; text: string }>;
  verificationKey: string;
  /** Where the API is reached from outside. */
  publicUrl: string;
  operatorToken: string | undefined;
  mailboxUrl: string | undefined;
  links: Links;
  log: Logger;
};

const assets = fileURLToPath(new URL('assets', import.meta.url));

/** The HTTP application, not yet listening. */
export function createApp(edge: Edge): Express {
  const { operatorToken, log } = edge;
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

  app.use(ownSiteOnly(edge));

  const admit = openAdmission(edge.shed, edge.limits);
  addSignupRoutes(app, edge, admit);
  addVerifyRoutes(app, edge, admit);
  addEventRoutes(app, edge);
  addHealthRoutes(app, edge);

  app
    .route('/mailbox')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      if (!edge.mailboxUrl) throw new Problem('no-mailbox', 'mail and SMS leave through providers of yours');
      response.json(await readMailbox(edge.mailboxUrl, parseOr400(mailboxQuery, request.query)));
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/openapi.json')
    .get((_request, response) => void response.json(openApiDocument()))
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/')
    .get(async (request, response) => {
      const isShown = isOperator(request, operatorToken);
      // The page is there to say what is going on: it comes without its list while the database is away.
      const latest = isShown ? await edge.latest(20).catch(() => undefined) : undefined;
      response.type('html').send(startPage(edge.links, latest));
    })
    .all(onlyMethods('GET, HEAD'));
  app.use('/assets', express.static(assets, { index: false }));

  app.use(({ path }) => {
    throw new Problem('not-found', `there is nothing at \`${path}\`; see /openapi.json`);
  });
  app.use(answerProblems(log));
  return app;
}
