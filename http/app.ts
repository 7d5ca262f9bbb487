/** The routes. They check what comes in, ask a coordinator, and say in HTTP what it answered; they decide nothing. */
import express, { type Express } from 'express';
import { openAdmission } from './admission.ts';
import { addBalanceRoute } from './balance.ts';
import { addFaultRoutes } from './faults.ts';
import { addCrowdRoutes } from './crowd.ts';
import { addHealthRoutes } from './health.ts';
import { readMailbox } from './mailbox.ts';
import { openApiDocument } from './openapi.ts';
import { operatorsOnly, ownSiteOnly } from './operator.ts';
import { addPageRoutes } from './page.ts';
import type { AppParts } from './parts.ts';
import { answerProblems, parseOr400, Problem } from './problems.ts';
import { onlyMethods } from './requests.ts';
import { eventsHeader, eventsQuery, mailboxQuery } from './schemas.ts';
import { addSignupRoutes } from './signups.ts';
import { addSourcesRoute } from './sources.ts';
import { addStatisticsRoutes } from './statistics.ts';
import { addStylesRoute } from './styles.ts';
import { addVerifyRoutes } from './verify.ts';

/** The HTTP application, not yet listening. */
export function createApp(parts: AppParts): Express {
  const { operatorToken, log } = parts;
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use((_request, response, next) => {
    response.set({
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
    next();
  });

  app.use(ownSiteOnly(parts));

  const admit = openAdmission(parts.shed, parts.limits);
  addSignupRoutes(app, parts, admit);
  addVerifyRoutes(app, parts, admit);
  addBalanceRoute(app, parts);
  addHealthRoutes(app, parts);
  addFaultRoutes(app, parts);
  addCrowdRoutes(app, parts);
  addStylesRoute(app, parts);
  addSourcesRoute(app, parts);
  addStatisticsRoutes(app, parts);

  app
    .route('/events')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      const { after } = parseOr400(eventsQuery, request.query);
      const { 'Last-Event-ID': last = after } = parseOr400(eventsHeader, {
        'Last-Event-ID': request.get('last-event-id'),
      });
      await parts.feed.stream(request, response, last === undefined ? undefined : Number(last));
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/mailbox')
    .get(operatorsOnly(operatorToken), async (request, response) => {
      if (!parts.mailboxUrl) throw new Problem('no-mailbox', 'mail and SMS leave through providers of yours');
      response.json(await readMailbox(parts.mailboxUrl, parseOr400(mailboxQuery, request.query)));
    })
    .all(onlyMethods('GET, HEAD'));

  app
    .route('/openapi.json')
    .get((_request, response) => void response.json(openApiDocument()))
    .all(onlyMethods('GET, HEAD'));

  addPageRoutes(app, parts);

  app.use(({ path }) => {
    throw new Problem('not-found', `there is nothing at \`${path}\`; see /openapi.json`);
  });
  app.use(answerProblems(log));
  return app;
}
