/**
 * The door of a service: its steps over HTTP, for a caller that waits for the answer. A refusal is an answer like any other; a
 * fault is told as a fault, and is the caller's to try again.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { NotificationSteps } from '../../activities/notifications.ts';
import { inTransaction, type Database } from '../../adapters/postgres.ts';
import type { Attempt } from '../../activities/sends.ts';
import { sendingSteps, type SendingStep } from '../../domain/process.ts';
import { PermanentFault, type SendAnswer } from '../../domain/steps.ts';

/** Where the step of that name is called. */
export const pathOf = (step: SendingStep) => `/steps/${step}`;

/** What a fault is answered with. */
export type Fault = { fault: string; isPermanent: boolean };

/** Answers a request that is for a step; returns whether it was. */
export type Door = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The door of the notifications service, open to callers that have the token. */
export function servedSteps(options: { database: Database; steps: NotificationSteps; token: string }): Door {
  const { database, steps, token } = options;
  const authorization = Buffer.from(`Bearer ${token}`);
  const stepAt = new Map<string | undefined, SendingStep>(sendingSteps.map((step) => [pathOf(step), step]));

  return (request, response) => {
    const step = stepAt.get(request.url);
    if (step === undefined || request.method !== 'POST') return false;
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== authorization.length || !timingSafeEqual(given, authorization)) {
      request.resume();
      answer(response, 401, { fault: 'the token of this service is asked for', isPermanent: true });
      return true;
    }
    void served(step, request).then(
      (said) => answer(response, 200, said),
      (error: Error) =>
        answer(response, 502, { fault: error.message, isPermanent: error instanceof PermanentFault }),
    );
    return true;
  };

  async function served(step: SendingStep, request: IncomingMessage): Promise<SendAnswer> {
    // Both sides are of one version, and the token says that the caller is one of ours.
    const send: (input: never) => Promise<Attempt> = steps[step];
    const attempt = await send((await json(request)) as never);
    return inTransaction(database, (transaction) => steps.record(transaction, attempt));
  }
}

function answer(response: ServerResponse, status: number, body: SendAnswer | Fault): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
