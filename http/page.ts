/**
 * The live page for operators, and the start page for everybody. The live page is a script and a style sheet that were bundled before; this
 * file says who is served which, and what the script is told of the stack.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type Express, type RequestHandler } from 'express';
import { z } from 'zod';
import type { Style } from '../domain/signup.ts';
import { h } from '../web/components/h.ts';
import { renderPage } from '../web/components/render.ts';
import { isOperator } from './operator.ts';
import { startPage, type Links } from './pages.ts';
import type { AppParts } from './parts.ts';
import { onlyMethods } from './requests.ts';

const assets = fileURLToPath(new URL('assets', import.meta.url));

/** Which files of the folder of the page are the present ones. */
const Present = z.object({ script: z.string(), style: z.string() });
type Present = z.infer<typeof Present>;

/** A file whose name says what is in it: it never changes. */
const namedByContent = /^\/page-[A-Za-z0-9]+\.(js|css)$/;

/** Adds `/`, `/start`, `/live` and `/assets`. */
export function addPageRoutes(app: Express, parts: AppParts): void {
  const { operatorToken, pageFolder, links } = parts;

  const start: RequestHandler = async (request, response) => {
    const isShown = isOperator(request, operatorToken);
    // The page is there to say what is going on: it comes without its list while the database is away.
    const latest = isShown ? await parts.latest(20).catch(() => undefined) : undefined;
    const whyNotHere = (style: Style) => parts.coordinators[style].notHere;
    response
      .type('html')
      .send(startPage({ ...links, live: isShown && pageFolder ? 'live' : undefined }, latest, whyNotHere));
  };

  const live: RequestHandler = async (request, response, next) => {
    const present = await presentIn(pageFolder);
    if (!present) return start(request, response, next);
    response.type('html').send(livePage(present, links));
  };

  app
    .route('/')
    .get((request, response, next) =>
      isOperator(request, operatorToken) ? live(request, response, next) : start(request, response, next),
    )
    .all(onlyMethods('GET, HEAD'));
  app.route('/start').get(start).all(onlyMethods('GET, HEAD'));
  // A browser bears no token to a page: this one is there for all, asks for the token, and shows nothing without it.
  app.route('/live').get(live).all(onlyMethods('GET, HEAD'));

  app.use('/assets', express.static(assets, { index: false }));
  if (pageFolder === undefined) return;
  const forEver = express.static(pageFolder, {
    index: false,
    setHeaders: (response) => response.setHeader('cache-control', 'public, max-age=31536000, immutable'),
  });
  app.use('/assets', (request, response, next) =>
    namedByContent.test(request.path) ? forEver(request, response, next) : next(),
  );
}

/** Reads which files are the present ones; undefined where no page was bundled. They change while somebody works on the page. */
async function presentIn(folder: string | undefined): Promise<Present | undefined> {
  if (folder === undefined) return undefined;
  const text = await readFile(join(folder, 'page.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Present.parse(JSON.parse(text));
}

const anySignup = '00000000-0000-0000-0000-000000000000';

/** The document of the live page: what is in it, its script makes. `anySignup` in an address stands for the signup that is meant. */
function livePage({ script, style }: Present, { workflow, temporalUi, rabbitmqUi, mailbox }: Links): string {
  return renderPage(
    {
      title: 'Duet',
      stylesheets: [`assets/${style}`],
      scripts: [`assets/${script}`],
      about: { workflow: workflow?.(anySignup), temporal: temporalUi, rabbitmq: rabbitmqUi, mailbox },
    },
    h(
      'div',
      { id: 'page' },
      h('noscript', null, 'This page is a script. ', h('a', { href: 'start' }, 'Start page')),
    ),
  );
}
