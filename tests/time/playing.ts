/**
 * Plays a sequence of the model on the stack, in several styles side by side, and compares: after each action that leaves
 * nobody down, and at the end, when everything is mended, with what really arrived.
 */
import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { styles, type Style } from '../../domain/signup.ts';
import { traits, type Mechanism } from '../../domain/styles.ts';
import {
  click,
  linkOf,
  postUntilAnswered,
  endScenario,
  beginScenario,
  resume,
  uniqueEmail,
  startedStatus,
} from '../client.ts';
import { plan } from '../contract/parkable.ts';
import { theStack } from '../stack.ts';
import { after, beginning, mended, type Action, type ModelSignup, type World } from './model.ts';
import { forwarded } from './moving.ts';
import { untilArrived, untilAsPredicted } from './predicted.ts';
import { inLines, type Sequence } from './sequences.ts';

/** What a style has of the world: addresses and signups of its own. */
type Cast = { style: Style; addresses: readonly string[]; signups: ReturnType<typeof plan>[] };
type Look = (cast: Cast, id: string, predicted: ModelSignup, email: string) => Promise<void>;
type OfCustomer = Extract<Action, { mishap?: unknown }>;

/** Throws an error that tells the sequence in words, where a style differs from the model. */
export async function play(
  sequence: Sequence,
  { by = styles, withinMs = 120_000 }: { by?: readonly Style[]; withinMs?: number } = {},
): Promise<void> {
  const asPredicted: Look = (cast, id, predicted) => untilAsPredicted(cast, id, predicted, withinMs);
  const casts = by.map((style): Cast => ({
    style,
    addresses: [uniqueEmail(), uniqueEmail(), uniqueEmail()],
    signups: [],
  }));
  let at = 0;
  try {
    let before = beginning;
    for (; at < sequence.length; at++) {
      const { action, world } = sequence[at]!;
      await act(casts, action, before);
      if (world.down.length === 0) await each(casts, world, asPredicted);
      if ('mishap' in action) await forget(casts);
      before = world;
    }
    const end = mended(before);
    await mend();
    for (const { signups } of casts) for (const { id } of signups) await resume(id);
    await each(casts, end, asPredicted);
    await each(casts, end, untilArrived);
  } catch (error) {
    const where = at < sequence.length ? `after action ${at + 1}` : 'at the end, with everything mended';
    throw new Error(`${(error as Error).message}\n${where} of\n${inLines(sequence, at)}`, { cause: error });
  } finally {
    await mend();
    await forget(casts);
  }
}

/** Carries out an action: what customers and operators do, in every style; what breaks, breaks for all. */
async function act(casts: readonly Cast[], action: Action, before: World): Promise<void> {
  const stack = theStack();
  switch (action.do) {
    case 'kill':
      return stack.hold(action.service);
    case 'restart':
      return stack.release(action.service);
    case 'mail down':
      return beginScenario({ channel: 'email', to: '*', stage: 'rcpt', reply: '451 4.3.0 Try later' });
    case 'mail up':
      return endScenario('*');
    case 'resume':
      await Promise.all(casts.map(({ signups }) => resume(signups[action.signup]!.id)));
      return;
    default:
      await Promise.all([
        breakMeanwhile(casts, action, before),
        ...casts.map((cast) => ask(cast, action, before)),
      ]);
  }
}

/** The mishap of an action. Moving a clock takes everybody: who is down comes back meanwhile. */
async function breakMeanwhile(casts: readonly Cast[], action: OfCustomer, { down }: World): Promise<void> {
  const { mishap } = action;
  if (mishap?.what === 'answer lost') {
    const to = casts.map((cast) => emailOf(cast, action));
    const lost = { channel: 'email', stage: 'data', dropAfterAccept: true, times: 1 };
    await Promise.all(to.map((email) => beginScenario({ ...lost, to: email })));
  } else if (mishap) {
    const service = mishap.what === 'accounts killed' ? 'accounts' : 'notifications';
    await delay(mishap.afterMs);
    await theStack().hold(service);
    await theStack().release(service);
  }
  if (action.do === 'fast-forward') {
    await Promise.all(down.map((service) => theStack().release(service)));
  }
}

/** What is answered besides, where the step is taken and done later. */
const laterAnswers: Record<Mechanism, readonly number[]> = { calls: [], chain: [], workflow: [202] };

/** Asks as a customer or an operator does, and looks at the answer. */
async function ask(cast: Cast, action: OfCustomer, before: World): Promise<void> {
  const { style, signups } = cast;
  // What the workflow has yet to do is taken, and done later; the chain's edge does it at once.
  const orLater = laterAnswers[traits[style].mechanism];
  if (action.do === 'start') {
    const planned = plan(style, { email: emailOf(cast, action), phone: undefined });
    signups.push(planned);
    const { outcome } = after(before, action)!.signups.at(-1)!;
    const { status } = await postUntilAnswered(planned.request, { key: planned.key });
    return answered(
      `POST /signups of ${style}`,
      status,
      outcome === 'refused' ? [409, ...orLater] : [startedStatus(style)],
    );
  }
  const { id } = signups[action.signup]!;
  const { outcome } = before.signups[action.signup]!;
  if (action.do === 'click') {
    const { status } = await click(await linkOf(id));
    const expected = { activated: [200, ...orLater], expired: [410], refused: [404, ...orLater] };
    return answered(`the click of ${style}`, status, expected[outcome ?? 'activated']);
  }
  const { status } = await forwarded(id, `${action.hours}h`);
  answered(`the fast-forward of ${style}`, status, outcome === null ? [200] : [409]);
}

function answered(what: string, status: number, expected: readonly number[]): void {
  assert.ok(expected.includes(status), `${what} answered ${status}, expected ${expected.join(' or ')}`);
}

/** Looks at every signup of every style. */
async function each(casts: readonly Cast[], { signups: predicted }: World, look: Look): Promise<void> {
  await Promise.all(
    casts.flatMap((cast) =>
      cast.signups.map(({ id, request }, index) => look(cast, id, predicted[index]!, request.email)),
    ),
  );
}

function emailOf({ addresses, signups }: Cast, action: OfCustomer): string {
  return action.do === 'start' ? addresses[action.address]! : signups[action.signup]!.request.email;
}

/** Everybody up, and the provider as well. */
async function mend(): Promise<void> {
  await Promise.all([
    ...(['accounts', 'notifications'] as const).map((name) => theStack().release(name)),
    endScenario('*'),
  ]);
}

/** A lost answer that no mail has come for must not wait for a later one. */
async function forget(casts: readonly Cast[]): Promise<void> {
  await Promise.all(casts.flatMap(({ addresses }) => addresses.map((email) => endScenario(email))));
}
