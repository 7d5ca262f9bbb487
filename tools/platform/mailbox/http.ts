/** The HTTP side: Twilio's way to send an SMS, the mailbox for programs and people, and scenario control. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { prettifyError, ZodError } from 'zod';
import { foreignTo, isProxied, turnAway } from '../../../http/guard.ts';
import { page } from './page.ts';
import { hung, invalidNumber, type Scenarios } from './scenarios.ts';
import type { Filter, Store } from './store.ts';

type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  store: Store;
  scenarios: Scenarios;
};

const longestBody = 64 * 1024;

/** Not listening yet. */
export function createHttp(store: Store, scenarios: Scenarios, log: Logger): Server {
  return createServer((request, response) => {
    const foreign = foreignTo(request) ?? (isProxied(request) ? 'it came by way of a proxy' : undefined);
    if (foreign !== undefined) return turnAway(response, foreign);
    const url = new URL(request.url ?? '/', 'http://mailbox');
    route({ request, response, url, store, scenarios }).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) return response.destroy();
      if (error instanceof ZodError) return json(response, 400, { message: prettifyError(error) });
      if (error instanceof SyntaxError) return json(response, 400, { message: error.message });
      json(response, 500, { code: 20500, message: 'Internal error of the mailbox', status: 500 });
      log.error({ err: error }, 'request failed');
    });
  });
}

async function route(exchange: Exchange): Promise<void> {
  const { request, response, url, store, scenarios } = exchange;
  const sending = /^\/2010-04-01\/Accounts\/([^/]+)\/Messages\.json$/.exec(url.pathname);
  const withdrawing = /^\/scenarios\/([0-9a-f-]+)$/.exec(url.pathname);
  const what = sending === null ? (withdrawing === null ? url.pathname : 'withdrawing') : 'sending';
  switch (`${request.method} ${what}`) {
    case 'POST sending':
      return sendSms(exchange, sending![1]!);
    case 'GET /messages':
      return json(response, 200, await store.read(filterOf(url, 50)));
    case 'GET /':
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy':
          "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      });
      response.end(page(await store.read(filterOf(url, 50)), url.searchParams.get('to') ?? ''));
      return;
    case 'GET /scenarios':
      return json(response, 200, scenarios.list());
    case 'POST /scenarios':
      return json(response, 201, scenarios.add(JSON.parse(await bodyOf(request))));
    case 'DELETE /scenarios':
      return json(response, 200, { deleted: scenarios.clear(url.searchParams.get('to') ?? undefined) });
    case 'DELETE withdrawing':
      return json(response, 200, { deleted: scenarios.withdraw(withdrawing![1]!) });
    case 'GET /health/live':
    case 'GET /health/ready':
      return json(response, 200, { status: 'live' });
    default:
      return json(response, 404, { message: `There is no \`${request.method} ${url.pathname}\` here.` });
  }
}

async function sendSms({ request, response, store, scenarios }: Exchange, account: string): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request));
  const [to, from, text] = ['To', 'From', 'Body'].map((field) => form.get(field) ?? '') as [
    string,
    string,
    string,
  ];
  const scenario = scenarios.take('sms', 'http', to);
  const isGranted = await hung(scenario);
  // Let go after its sender has left, who sends it again.
  if (!isGranted && response.destroyed) return;
  if (isGranted && typeof scenario?.reply === 'object')
    return json(response, scenario.reply.status, scenario.reply.body ?? {});
  if (!/^\+[1-9]\d{5,14}$/.test(to)) {
    const refusal = invalidNumber(to);
    return json(response, refusal.status, refusal.body);
  }
  const callback = queryOf(form.get('StatusCallback'));
  await store.add([
    {
      channel: 'sms',
      to,
      text,
      signupId: callback.get('signup') ?? null,
      purpose: callback.get('purpose') ?? null,
    },
  ]);
  if (isGranted && scenario?.dropAfterAccept === true) return void response.destroy();
  const sid = `SM${randomUUID().replaceAll('-', '')}`;
  const uri = `/2010-04-01/Accounts/${account}/Messages/${sid}.json`;
  const dateCreated = new Date().toUTCString();
  json(response, 201, {
    sid,
    account_sid: account,
    status: 'queued',
    direction: 'outbound-api',
    to,
    from,
    body: text,
    uri,
    date_created: dateCreated,
    error_code: null,
    error_message: null,
    num_segments: '1',
  });
}

function filterOf(url: URL, usual: number): Filter {
  // A plus sign in a query is a space to URLSearchParams; nobody's address holds one, every phone number starts with one.
  const to = url.searchParams.get('to')?.trimEnd().replaceAll(' ', '+');
  const asked = Number(url.searchParams.get('limit') ?? usual);
  const limit = Number.isInteger(asked) && asked > 0 ? Math.min(asked, 1000) : usual;
  return {
    limit,
    to: to || undefined,
    after: url.searchParams.get('after') ?? undefined,
    signup: url.searchParams.get('signup')?.toLowerCase(),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestBody) throw new SyntaxError(`The body is longer than ${longestBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function queryOf(url: string | null): URLSearchParams {
  return new URLSearchParams(url?.split('#')[0]?.split('?')[1] ?? '');
}
