/** The routes behind a verification link: a page with one button, and the click on it. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Express, Request, Response } from 'express';
import type { Clicked } from '../domain/coordinator.ts';
import type { Style } from '../domain/signup.ts';
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
    .get(async (request, response) => {
      // A GET never verifies: mail scanners follow links.
      const signup = signupOfToken(request.params.token, verificationKey);
      if (!signup) return answerClick(request, response, 'unknown');
      response.type('html').send(verifyPage(await decidedSoon(signup, response)));
    })
    .post(async (request, response) => {
      const signup = signupOfToken(request.params.token, verificationKey);
      if (!signup) return answerClick(request, response, 'unknown');
      const { id, style } = signup;
      const clicked = await admit(style, response, () => coordinators[style].click(id));
      answerClick(request, response, clicked, id);
    })
    .all(onlyMethods('GET, HEAD, POST'));

  /** What was decided, if that is known soon. The page does without it, as while the database is away: the click tells, too. */
  async function decidedSoon({ id, style }: { id: string; style: Style }, response: Response) {
    const late = delay(lookWithinMs, undefined, { ref: false });
    const looked = admit(style, response, () => coordinators[style].find(id)).catch(() => undefined);
    const outcome = (await Promise.race([looked, late]))?.outcome ?? null;
    // Who was refused had no mail, and so no link.
    if (outcome === null || outcome === 'refused') return undefined;
    return outcome === 'activated' ? 'activated' : 'closed';
  }
}

/** How long the page waits to learn what was decided. */
const lookWithinMs = 500;

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
