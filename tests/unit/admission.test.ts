/** More requests than can be served: who is let in, who waits, who is sent away, and whose caller has left. */
import { strict as assert } from 'node:assert';
import type { Coordinator } from '../../domain/coordinator.ts';
import { signupShown, type Style } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { openAdmission } from '../../http/admission.ts';
import { bareCoordinator, withParts } from '../http/bare-app.ts';
import { until } from '../../adapters/waiting.ts';

const limits = { atOnce: 5, waiting: 5, withinMs: 30_000 };

describe('The API, asked for more than it can answer', () => {
  it('serves so many, lets a few wait, and sends the others away at once', () =>
    crowded(limits, async ({ ask, started, release, shed, get }) => {
      const asked = Array.from({ length: 200 }, () => ask('choreography'));
      const sentAway = await firstOf(asked, 190);
      for (const answer of sentAway) {
        assert.equal(answer.status, 503);
        assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/);
        const { type, detail } = (await answer.json()) as Record<string, string>;
        assert.equal(type, 'urn:duet:problem:overloaded');
        assert.match(detail!, /Nothing was done/);
      }
      assert.equal(started(), 5, 'the others wait');
      assert.equal(shed.choreography, 190);
      // What says how it is, and the other style, are not held up.
      for (const path of ['/health/live', '/health/ready', '/metrics'])
        assert.equal((await get(path)).status, 200, path);
      const other = ask('orchestration');
      await until('the other style to be asked', () => started() === 6);
      release();
      const statuses = (await Promise.all([...asked, other])).map(({ status }) => status);
      assert.equal(statuses.filter((status) => status === 202).length, 11);
    }));

  it('sends away who has waited in vain', () =>
    crowded({ ...limits, withinMs: 50 }, async ({ ask, started, release }) => {
      const asked = Array.from({ length: 10 }, () => ask('choreography'));
      const sentAway = await firstOf(asked, 5);
      assert.deepEqual(new Set(sentAway.map(({ status }) => status)), new Set([503]));
      release();
      assert.equal((await Promise.all(asked)).filter(({ status }) => status === 202).length, 5);
      assert.equal(started(), 5);
    }));

  it('does nothing for callers that are gone, and lets others wait in their place', () =>
    crowded({ ...limits, atOnce: 1, waiting: 1 }, async ({ ask, asked, started, release }) => {
      const inside = ask('choreography');
      await until('one to be inside', () => started() === 1);
      const leaving = new AbortController();
      const gone = ask('choreography', leaving.signal, 'gone@example.com');
      gone.catch(() => {});
      const isFull = () =>
        ask('choreography', AbortSignal.timeout(500)).then(
          ({ status }) => status === 503,
          () => false,
        );
      await until('the line to be full', isFull);
      leaving.abort();
      await until('a place in the line', async () => !(await isFull()));
      release();
      assert.equal((await inside).status, 202);
      assert.equal((await ask('choreography')).status, 202);
      assert.ok(!asked.includes('gone@example.com'), asked.join(', '));
    }));

  it('does not even begin for a caller who is gone when the place is free', async () => {
    const admit = openAdmission(() => {}, limits);
    const response = { destroyed: true } as never;
    await assert.rejects(
      admit('choreography', response, async () => assert.fail('began')),
      /has left/,
    );
  });
});

type Crowd = {
  ask: (style: Style, signal?: AbortSignal, email?: string) => Promise<Response>;
  /** For whom coordinators were asked to start a signup. */
  asked: string[];
  get: (path: string) => Promise<Response>;
  /** How many signups a coordinator was asked to start. */
  started: () => number;
  /** Lets them be started, these and all to come. */
  release: () => void;
  shed: Partial<Record<Style, number>>;
};

/** An API whose coordinators take their time. */
function crowded(given: typeof limits, use: (crowd: Crowd) => Promise<void>): Promise<void> {
  const asked: string[] = [];
  const shed: Partial<Record<Style, number>> = {};
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  const coordinator: Coordinator = {
    ...bareCoordinator,
    async start(id, request) {
      asked.push(request.email);
      await released;
      return {
        accepted: signupShown(id, request, { status: 'pending', startedAt: new Date().toISOString() }),
      };
    },
  };
  const parts = {
    coordinators: forEachStyle(() => coordinator),
    shed: (style: Style) => void (shed[style] = (shed[style] ?? 0) + 1),
    limits: given,
  };
  return withParts(parts, (url) =>
    use({
      asked,
      ask: (style, signal, email = 'ada@example.com') =>
        fetch(`${url}/signups`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ email, style }),
          ...(signal ? { signal } : {}),
        }),
      get: (path) => fetch(url + path),
      started: () => asked.length,
      release,
      shed,
    }),
  );
}

/** The first answers to come, so many of them. */
function firstOf(asked: readonly Promise<Response>[], count: number): Promise<Response[]> {
  const came: Response[] = [];
  return new Promise((resolve, reject) => {
    for (const each of asked)
      each.then((answer) => {
        came.push(answer);
        if (came.length === count) resolve([...came]);
      }, reject);
  });
}
