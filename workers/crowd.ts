/**
 * The crowd: lets customers come, and times them. A process of its own, so that the api does not measure itself by its own event loop.
 * It sees of the stack what a customer sees: the API and, for the link in a mail, the built-in mailbox. It has no database and no broker.
 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { letCome, type Crowd } from '../crowd/crowd.ts';
import { CrowdComing, noCrowd } from '../domain/crowd.ts';
import { runProcess } from './shared/process.ts';

await runProcess('crowd', ['API_URL', 'MAILBOX_URL'], async ({ config, log }) => {
  // The last one is kept: what it saw is asked for after it has gone.
  let latest: Crowd | undefined;
  const shown = () => latest?.shown() ?? noCrowd;

  async function answer(
    { method }: IncomingMessage,
    asked: unknown,
  ): Promise<[status: number, body?: unknown]> {
    if (method === 'GET') return [200, shown()];
    if (method === 'DELETE') {
      await latest?.stop();
      return [204];
    }
    const wanted = CrowdComing.parse(asked);
    if (shown().isRunning) return [409];
    const group = `crowd-${randomBytes(4).toString('hex')}`;
    latest = letCome({ group, wanted, apiUrl: config.API_URL, mailboxUrl: config.MAILBOX_URL });
    log.info({ group, ...wanted }, 'a crowd comes');
    return [202, shown()];
  }

  function door(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url !== '/crowd') return false;
    const say = (status: number, body?: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const asked = request.method === 'POST' ? json(request) : Promise.resolve();
    asked
      .then((body) => answer(request, body))
      .then(([status, body]) => say(status, body))
      .catch((error: Error) => say(400, { message: error.message }));
    return true;
  }

  return {
    notReady: () => undefined,
    door,
    async stop() {
      await latest?.stop();
    },
  };
});
