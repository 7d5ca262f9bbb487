/** What a fault is played on: the stack, its customers living their lives, and notes of what happened. */
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { until, type Patience } from '../../adapters/waiting.ts';
import type { Style } from '../../domain/signup.ts';
import { eachLookedAtEveryMs, signUp, watchAvailability, type Customer } from './customers.ts';
import type { Fault } from './fault.ts';
import type { LabStack } from './stack.ts';
import type { Witness } from './witness.ts';

/** Longer than any fault, and than it may take to get over one. */
const patienceMs = 120_000;

export type Stage = {
  lab: LabStack;
  witness: Witness;
  fault: Fault;
  customers: readonly Customer[];
  signal: AbortSignal;
  beganAt: number;
  /** When what was broken was whole again; undefined until then. */
  healedAt: number | undefined;
  /** How long it was broken, as it was measured; undefined where nothing stays broken until it is healed. */
  brokenSeconds: number | undefined;
  /** Messages that were in hand when something broke, as `signup purpose channel`: each may leave twice. */
  inHand: Set<string>;
  /** Nobody waits for anything any more. */
  isOver: boolean;
  /** Ids of those that were promised a signup. */
  accepted: Set<string>;
  availability: ReturnType<typeof watchAvailability>;
  happened: { atSeconds: number; what: string }[];
  actions: Map<Style, string[]>;
  note(what: string): void;
  /** A human had to type this, so many times. */
  humanDid(style: Style, command: string, times?: number): void;
};

/** Sets the stage; its clock begins now. All its customers wait on one signal. */
export function openStage(
  given: Pick<Stage, 'lab' | 'witness' | 'fault' | 'customers' | 'signal'> & { say: (line: string) => void },
): Stage {
  setMaxListeners(0, given.signal);
  const beganAt = Date.now();
  const happened: Stage['happened'] = [];
  const actions: Stage['actions'] = new Map();
  return {
    ...given,
    beganAt,
    healedAt: undefined,
    brokenSeconds: undefined,
    inHand: new Set(),
    isOver: false,
    accepted: new Set(),
    availability: watchAvailability(),
    happened,
    actions,
    note(what) {
      const atSeconds = Number(((Date.now() - beganAt) / 1000).toFixed(1));
      happened.push({ atSeconds, what });
      given.say(`${atSeconds.toFixed(1).padStart(6)} s  ${what}`);
    },
    humanDid(style, command, times = 1) {
      actions.set(style, [
        ...(actions.get(style) ?? []),
        times === 1 ? command : `${command} (${times} times)`,
      ]);
    },
  };
}

/** How long, and how often, is looked for a fact while a fault is played. */
export const patienceOf = ({ signal }: Pick<Stage, 'signal'>): Patience => ({
  signal,
  withinMs: 60_000,
  everyMs: 100,
});

/** `arrived`: all have been answered. `done`: all have done their part, or given up; that they had to is for the judge to say. */
export type Coming = { arrived: Promise<void>; done: Promise<void> };

/** Customers, all of them unless told otherwise, come one after the other, `everyMs` apart, and live their lives. */
export function letCome(stage: Stage, everyMs: number, customers = stage.customers): Coming {
  const arriving = customers.map(async (customer, index) => {
    await delay(index * everyMs, undefined, { signal: stage.signal });
    await arrive(stage, customer);
  });
  const living = arriving.map(async (arrival, index) => {
    await arrival;
    await act(stage, customers[index]!);
  });
  const coming = { arrived: allOf(arriving), done: allOf(living) };
  // Both are awaited sooner or later; a fault in between must not end the lab.
  for (const each of Object.values(coming)) each.catch(() => {});
  return coming;
}

const allOf = async (all: readonly Promise<void>[]): Promise<void> => void (await Promise.all(all));

/** Signs up. */
async function arrive({ lab, accepted, availability, signal }: Stage, customer: Customer): Promise<void> {
  const api = lab.stack.urls.api;
  const { intent, signupId, key } = customer;
  if (intent === 'taken') await signUp(api, { ...customer, key: `${key}-before` }, availability, signal);
  if ((await signUp(api, customer, availability, signal)) === 'accepted') accepted.add(signupId);
}

/** Does what this customer does once it has signed up. */
async function act(stage: Stage, customer: Customer): Promise<void> {
  const { lab, witness, signal } = stage;
  const { intent, signupId } = customer;
  if (intent === 'click') {
    const link = await patiently('the link', () => witness.linkOf(customer));
    if (!link) return;
    await patiently('an answer to the click', async () => {
      const { status } = await post(`${lab.stack.urls.api}${link}`);
      return status === 200 || status === 202 || status === 410;
    });
  }
  if (intent === 'remind' || intent === 'expire') {
    await patiently('the welcome mail', async () => {
      const { signup } = await witness.see(customer, true);
      return signup?.notified.email !== null && signup?.status === 'pending';
    });
    await patiently('time to pass', () => pass(stage, signupId, intent === 'remind' ? '25h' : '169h'));
  }

  /** Nothing, where the customer gives up or all is over: what was missed is for the judge to say. */
  function patiently<T extends string | true>(what: string, look: () => Promise<T | undefined | false>) {
    const patience = { signal, withinMs: patienceMs, everyMs: eachLookedAtEveryMs };
    return until(what, () => (stage.isOver ? null : look()), patience).catch(() => signal.throwIfAborted());
  }
}

/** Lets time pass for a signup. True once it has. */
export async function pass({ lab }: Stage, signupId: string, by: string): Promise<boolean> {
  const { status, text } = await post(`${lab.stack.urls.api}/signups/${signupId}/fast-forward`, { by });
  // It has ended: there is no more time to pass.
  if (status === 200 || (status === 409 && text.includes('ended'))) return true;
  throw new Error(`fast-forward answered ${status} ${text}`);
}

/** Tries again what is parked of a signup, as `npm run signup -- resume` does. */
export async function resume({ lab }: Stage, signupId: string): Promise<boolean> {
  return (await post(`${lab.stack.urls.api}/signups/${signupId}/resume`)).status === 202;
}

/** A request with an answer read. */
export async function post(url: string, body?: unknown): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(70_000),
  });
  return { status: answer.status, text: await answer.text() };
}
