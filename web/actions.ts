/**
 * What the page can ask of the API. What goes wrong is a value and is shown as a notice; nothing throws. Each request is made once: only a
 * person, or a scene, asks again.
 */
import type { CrowdRequest, CrowdState } from '../domain/crowd.ts';
import { millisecondsOf } from '../domain/duration.ts';
import type { FaultName, FaultState } from '../domain/faults.ts';
import type { Signup, Style } from '../domain/signup.ts';
import { traits } from '../domain/styles.ts';
import type { Request } from './page.ts';
import type { Store } from './state.ts';

/** What came of asking: the body, or why there is none. Status 0: there was no answer. */
export type Answered<T> = { status: number; afterMs: number } & ({ ok: T } | { problem: string });

/** Asks the API: a path below the page's own address. */
export type Ask = <T = unknown>(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  more?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
) => Promise<Answered<T>>;

/** What to start. */
export type Start = {
  styles: readonly Style[];
  /** The address that each style's own is made of. */
  email: string;
  phone?: string | undefined;
};

export type Actions = ReturnType<typeof createActions>;

/** How many signups are fast-forwarded at once. */
const atOnce = 4;

/** Asks by `fetch`, relative to an address. `token` is the operator's, where the page has one. */
export function askBy(base: string, token: () => string | null): Ask {
  return async <T>(
    method: string,
    path: string,
    { body, headers = {}, signal }: Parameters<Ask>[2] = {},
  ): Promise<Answered<T>> => {
    const beganAt = performance.now();
    const bearer = token();
    const answered = (status: number) => ({ status, afterMs: Math.round(performance.now() - beganAt) });
    try {
      const response = await fetch(new URL(path, base), {
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(signal ? { signal } : {}),
      });
      const text = await response.text();
      const parsed: unknown = text === '' ? null : JSON.parse(text);
      if (response.ok) return { ...answered(response.status), ok: parsed as T };
      return { ...answered(response.status), problem: problemIn(parsed) };
    } catch (error) {
      return {
        ...answered(0),
        problem: `The API does not answer (${error instanceof Error ? error.message : String(error)}).`,
      };
    }
  };
}

/** The address of a style in a group: what follows the plus sign, mail servers leave to the mailbox. */
export function addressFor(email: string, style: Style, group: string): string {
  const [name = style] = traits[style].title.toLowerCase().split(' ');
  const at = email.lastIndexOf('@');
  return `${email.slice(0, at)}+${name}-${group.replace(/^g-/, '').slice(0, 5)}${email.slice(at)}`;
}

/** The actions of a page. */
export function createActions(store: Store, ask: Ask) {
  /** Says what went wrong, and returns what came. */
  async function saying<T>(what: string, asked: Promise<Answered<T>>): Promise<Answered<T>> {
    const answer = await asked;
    if ('problem' in answer) store.notice(`${what}: ${answer.problem}`);
    return answer;
  }

  async function send(group: string, request: Request): Promise<Answered<Signup>> {
    store.ask(group, request);
    const headers = { 'idempotency-key': request.key };
    const answer = await ask<Signup>('POST', 'signups', { body: request.body, headers });
    const { status, afterMs } = answer;
    const problem = 'problem' in answer ? answer.problem : null;
    store.ask(group, { ...request, answer: { status, afterMs, problem } });
    store.timed(request.style, afterMs);
    if ('ok' in answer) store.show(answer.ok, group);
    return answer;
  }

  async function renewFaults(): Promise<void> {
    const answer = await ask<{ faults: FaultState[] }>('GET', 'faults');
    if ('ok' in answer) store.change({ faults: answer.ok.faults });
  }

  async function afterFaults<T>(what: string, asked: Promise<Answered<T>>): Promise<Answered<T>> {
    const answer = await saying(what, asked);
    await renewFaults();
    return answer;
  }

  const fault = (name: FaultName) => `faults/${encodeURIComponent(name)}`;

  return {
    ask,
    renewFaults,

    /** Starts one signup in each of these styles, as a group with one Idempotency-Key, and draws it. Resolves with its name once all are answered. */
    async start({ styles, email, phone }: Start): Promise<string> {
      const group = `g-${randomHex(8)}`;
      const key = `page-${randomHex(24)}`;
      const requests = styles.map((style): Request => {
        const own = addressFor(email, style, group);
        const body = { email: own, ...(phone ? { phone } : {}), style, group };
        return { style, email: own, body, key, sentAtMs: Date.now(), repeated: 0 };
      });
      for (const request of requests) store.ask(group, request);
      store.select(group);
      await Promise.all(requests.map((request) => send(group, request)));
      return group;
    },

    /** Sends what was asked for in a style of a group once more, with the same key. */
    async repeat(group: string, style: Style): Promise<void> {
      const request = store.page.groups.find(({ name }) => name === group)?.requests[style];
      if (!request) return;
      const { answer: _, ...again } = request;
      await send(group, { ...again, sentAtMs: Date.now(), repeated: request.repeated + 1 });
    },

    /** Clicks a link of a mail. */
    confirm(link: string): Promise<Answered<unknown>> {
      const { pathname } = new URL(link, 'http://any');
      return saying('The click', ask('POST', pathname.slice(pathname.lastIndexOf('verify/'))));
    },

    /** Moves the clock of these signups by `24h`, `72h`, `7d`; those that have ended are left alone. */
    async fastForward(ids: readonly string[], by: string): Promise<void> {
      const left = [...ids];
      const work = async () => {
        for (let id = left.shift(); id !== undefined; id = left.shift()) {
          const beforeMs = store.page.signups.get(id)?.aheadMs ?? 0;
          const answer = await ask<Signup>('POST', `signups/${id}/fast-forward`, { body: { by } });
          if ('ok' in answer) {
            store.move(id, beforeMs + millisecondsOf(by));
            store.show(answer.ok);
          } else if (answer.status !== 409) store.notice(`The clock was not moved: ${answer.problem}`);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    },

    /** Tries what is parked of a signup again. */
    resume(id: string): Promise<Answered<Signup>> {
      return saying('Resuming', ask<Signup>('POST', `signups/${id}/resume`));
    },

    /** Breaks something, for 10 s unless told otherwise; asked again, the time begins anew. */
    async breakFault(name: FaultName, forMs?: number): Promise<Answered<FaultState>> {
      const body = { askedBy: 'page', ...(forMs === undefined ? {} : { forMs }) };
      const answer = await saying('Not broken', ask<FaultState>('PUT', fault(name), { body }));
      // Where it is the api that breaks, nobody is left to ask for the others.
      if ('ok' in answer) {
        const { ok } = answer;
        store.change({ faults: store.page.faults.map((each) => (each.name === name ? ok : each)) });
      }
      await renewFaults();
      return answer;
    },
    heal(name: FaultName): Promise<Answered<null>> {
      return afterFaults('Not healed', ask<null>('DELETE', fault(name)));
    },
    healAll(): Promise<Answered<null>> {
      return afterFaults('Not healed', ask<null>('DELETE', 'faults'));
    },

    startStatistics: () => saying('Statistics', ask<null>('PUT', 'processes/statistics')),
    stopStatistics: () => saying('Statistics', ask<null>('DELETE', 'processes/statistics')),
    statistics: <T>() => ask<T>('GET', 'statistics'),

    /** Has a crowd come: so many, so many a second, in these styles or in all. */
    async crowd(crowd: CrowdRequest): Promise<Answered<CrowdState>> {
      const answer = await saying('The crowd', ask<CrowdState>('POST', 'crowd', { body: crowd }));
      if ('ok' in answer) store.change({ crowd: answer.ok });
      return answer;
    },
    stopCrowd: () => saying('The crowd', ask<null>('DELETE', 'crowd')),
  };
}

function randomHex(digits: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(digits / 2));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What a problem says of itself, as a sentence. */
function problemIn(body: unknown): string {
  const { title = 'It was refused', detail } = (body ?? {}) as { title?: string; detail?: string };
  return detail === undefined ? title : `${title}: ${detail}`;
}
