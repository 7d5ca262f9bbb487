/**
 * How the sink misbehaves on request: refusals, faults, silence, and the lost answer after accepting. In memory only, for
 * tests, demonstrations and the failure lab; two addresses misbehave without being asked.
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { pause } from '../../../adapters/waiting.ts';
import { channelNames } from '../../../domain/process.ts';

const scenario = z
  .strictObject({
    channel: z.enum(channelNames),
    /** An address or number, or `*` for all. */
    to: z.string().min(1),
    stage: z.enum(['auth', 'rcpt', 'data', 'http']),
    /** An SMTP answer line, or an HTTP status and body. */
    reply: z
      .union([
        z.string().regex(/^[45]\d\d( .*)?$/, 'an SMTP answer line such as `451 4.3.0 Try later`'),
        z.strictObject({ status: z.number().int().min(200).max(599), body: z.unknown().optional() }),
      ])
      .optional(),
    /** How often; until deleted when missing. */
    times: z.number().int().positive().optional(),
    /** Silence before the answer. */
    hangMs: z.number().int().nonnegative().optional(),
    /** Keeps the message and cuts the connection instead of answering. */
    dropAfterAccept: z.boolean().optional(),
    /** Whether it is granted before those that were taken earlier, instead of after them. */
    goesFirst: z.boolean().optional(),
  })
  .refine(({ channel, stage }) => (channel === 'email') === (stage !== 'http'), {
    message: 'stage `http` goes with every channel but `email`, every other stage with `email`',
  })
  .refine(({ stage, reply }) => reply === undefined || (stage === 'http') === (typeof reply === 'object'), {
    message: '`reply` is an answer line for `email`, and an object for every other channel',
  });

/** A wish for misbehaviour, as `POST /scenarios` takes it. */
export type Scenario = z.infer<typeof scenario>;

/** A wish that was taken, with the number of times it was granted. */
export type ActiveScenario = Scenario & { id: string; used: number };

/** A wish that is granted now. `withdrawn` is aborted where it is withdrawn by its id: what hangs because of it goes on at once. */
export type Granted = Scenario & { withdrawn?: AbortSignal };

/** The wishes in force. */
export type Scenarios = {
  /** Throws a `ZodError` for what is no scenario. */
  add: (wish: unknown) => ActiveScenario;
  list: () => ActiveScenario[];
  /** Of one address, or all; says how many. */
  clear: (to?: string) => number;
  /** One of them; says how many. */
  withdraw: (id: string) => number;
  /** The first one that fits, counted as used. */
  take: (channel: Scenario['channel'], stage: Scenario['stage'], to: string) => Granted | undefined;
};

/** No wishes to begin with. */
export function createScenarios(): Scenarios {
  let active: ActiveScenario[] = [];
  const withdrawals = new WeakMap<ActiveScenario, AbortController>();
  return {
    add(wish) {
      const taken = { ...scenario.parse(wish), id: randomUUID(), used: 0 };
      if (taken.goesFirst) active.unshift(taken);
      else active.push(taken);
      withdrawals.set(taken, new AbortController());
      return taken;
    },
    list: () => active,
    clear(to) {
      const before = active.length;
      active = to === undefined ? [] : active.filter((one) => one.to.toLowerCase() !== to.toLowerCase());
      return before - active.length;
    },
    withdraw(id) {
      const found = active.find((one) => one.id === id);
      if (found === undefined) return 0;
      active = active.filter((one) => one !== found);
      withdrawals.get(found)?.abort();
      return 1;
    },
    take(channel, stage, to) {
      const fits = active.find(
        (one) =>
          one.channel === channel &&
          one.stage === stage &&
          (one.to === '*' || one.to.toLowerCase() === to.toLowerCase()) &&
          (one.times === undefined || one.used < one.times),
      );
      if (fits === undefined) return builtIn(channel, stage, to);
      fits.used += 1;
      return { ...fits, withdrawn: withdrawals.get(fits)!.signal };
    },
  };
}

/** For demonstrations without a control call: addresses at undeliverable.example, and the number Twilio calls invalid. */
function builtIn(channel: Scenario['channel'], stage: Scenario['stage'], to: string): Scenario | undefined {
  if (stage === 'rcpt' && /@(.+\.)?undeliverable\.example$/i.test(to)) {
    return { channel, stage, to, reply: '550 5.1.1 No such user' };
  }
  if (channel === 'sms' && to === '+15005550001') return { channel, stage, to, reply: invalidNumber(to) };
  return undefined;
}

/** Is silent for as long as was wished, or until it is withdrawn. Says whether the rest of the wish is still to be granted. */
export async function hung(granted: Granted | undefined): Promise<boolean> {
  if (granted?.hangMs !== undefined) await pause(granted.hangMs, granted.withdrawn);
  return granted?.withdrawn?.aborted !== true;
}

/** Twilio's answer to a number that is none. */
export function invalidNumber(to: string): { status: number; body: unknown } {
  const message = `The 'To' number ${to} is not a valid phone number.`;
  return {
    status: 400,
    body: { code: 21211, message, more_info: 'https://www.twilio.com/docs/errors/21211', status: 400 },
  };
}
