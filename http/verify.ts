/** The routes behind a verification link: a page with one button, and the click on it. */
import type { Express, Request, Response } from 'express';
import type { Clicked } from '../domain/coordinator.ts';
import { signupOfToken } from '../domain/tokens.ts';
import type { Admit } from './admission.ts';
import { clickedPage, verifyPage } from './pages.ts';
import type { AppParts } from './parts.ts';
import { Problem } from './problems.ts';
import { onlyMethods } from './requests.ts';

/** Adds `/verify/<token>`. */
export function addVerifyRoutes(
  app: Express,
  { coordinators, verificationKey }: AppParts,
  admit: Admit,
): void {
  app
    .route('/verify/:token')
    .get((request, response) => {
      // A GET never verifies: mail scanners follow links.
      if (!signupOfToken(request.params.token, verificationKey))
        return answerClick(request, response, 'unknown');
      response.type('html').send(verifyPage());
    })
    .post(async (request, response) => {
      const signup = signupOfToken(request.params.token, verificationKey);
      if (!signup) return answerClick(request, response, 'unknown');
      const { id, style } = signup;
      const clicked = await admit(style, response, () => coordinators[style].click(id));
      answerClick(request, response, clicked, id);
    })
    .all(onlyMethods('GET, HEAD, POST'));
}

const clickStatus: Record<Clicked, number> = { activated: 200, queued: 202, closed: 410, unknown: 404 };

/** What came of a click: a page for browsers, JSON or a problem for all others. */
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
