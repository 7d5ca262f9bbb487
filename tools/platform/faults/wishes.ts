/** How mail and SMS are broken: by wishes to the built-in mailbox, each withdrawn by its id. They live in the memory of its process. */
import { isDeepStrictEqual } from 'node:util';
import { faultDurationMs, type FaultName } from '../../../domain/faults.ts';
import { until } from '../../../adapters/waiting.ts';
import type { ActiveScenario, Scenario } from '../mailbox/scenarios.ts';
import type { Breaker } from './breaker.ts';

const withinMs = 5_000;

// The lease ends it; nobody waits for so long.
const silentMs = 10 * faultDurationMs.atMost;

// A lease may be renewed again and again.
const longestMs = 24 * 3_600_000;

type Wish = Omit<Scenario, 'to' | 'goesFirst'>;

/** What the mailbox is asked for, by fault. */
const wishes = {
  'mail-slow': { channel: 'email', stage: 'data', hangMs: 2_000 },
  'mail-451': { channel: 'email', stage: 'rcpt', reply: '451 4.3.0 Try later' },
  'mail-550': { channel: 'email', stage: 'rcpt', reply: '550 5.7.1 You may not send from here' },
  // Before a mail is told: what is let go later has nothing that the sender has given up, and would send again.
  'mail-silent': { channel: 'email', stage: 'rcpt', hangMs: silentMs },
  'mail-answer-lost': { channel: 'email', stage: 'data', dropAfterAccept: true },
  'sms-503': { channel: 'sms', stage: 'http', reply: { status: 503, body: { message: 'Out of order' } } },
  'sms-silent': { channel: 'sms', stage: 'http', hangMs: silentMs },
} as const satisfies Partial<Record<FaultName, Wish>>;

export type WishedFault = keyof typeof wishes;

/** Whether a fault is a wish to the mailbox. */
export const isWished = (name: FaultName): name is WishedFault => name in wishes;

/** Breaks mail or SMS towards everybody at the mailbox there. `pid` is that of its process; with it, the wishes end. */
export function wishBreaker(name: WishedFault, mailboxUrl: string, pid: () => number | undefined): Breaker {
  // The fault that was asked for last is the one that is seen.
  const wish = { ...wishes[name], to: '*', goesFirst: true };
  let wasAsked = false;
  let id: string | undefined;
  let taker: number | undefined;

  /** A wish whose answer did not come may have been taken all the same. */
  async function taken(): Promise<string[]> {
    if (id !== undefined) return [id];
    const active = (await (await ask(mailboxUrl, '/scenarios')).json()) as ActiveScenario[];
    return active
      .filter(({ id: _, used: _used, ...others }) => isDeepStrictEqual(others, wish))
      .map((one) => one.id);
  }

  return {
    async break() {
      taker = pid();
      wasAsked = true;
      const answer = await ask(mailboxUrl, '/scenarios', { method: 'POST', body: JSON.stringify(wish) });
      ({ id } = (await answer.json()) as ActiveScenario);
    },
    async heal() {
      if (!wasAsked) return;
      try {
        for (const one of await taken()) await ask(mailboxUrl, `/scenarios/${one}`, { method: 'DELETE' });
      } catch (error) {
        // With its process, the wish has ended.
        if (!isAway(error)) throw error;
      }
      id = undefined;
      wasAsked = false;
    },
    async untilWell(signal) {
      await until('another mailbox', () => pid() !== taker, { withinMs: longestMs, everyMs: 250, signal });
    },
  };
}

async function ask(url: string, path: string, how: RequestInit = {}): Promise<Response> {
  const answer = await fetch(new URL(path, url), { ...how, signal: AbortSignal.timeout(withinMs) });
  if (!answer.ok) throw new Error(`the mailbox answered ${answer.status} ${await answer.text()}`);
  return answer;
}

function isAway(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === 'ECONNREFUSED';
}
