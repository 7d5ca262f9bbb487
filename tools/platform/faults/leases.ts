/**
 * Faults as leases: each is broken for a time, which the supervisor counts, and then healed, whatever became of the page, the API or
 * the terminal that asked for it. What breaks and heals is a `Breaker`; which of them exclude each other is decided here.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { faultDurationMs, faultNames, faults, type FaultName } from '../../../domain/faults.ts';
import type { FaultState, FaultWish } from '../../../domain/faults.ts';
import { NotSwitchable } from '../../../domain/supervisor.ts';
import { PlatformError, reasonOf } from '../error.ts';
import type { Switches } from './breaker.ts';

/** What is broken in a stack, and who may break more. */
export type Leases = {
  /** Every fault, in the order of the catalogue. */
  list: () => FaultState[];
  /**
   * Breaks it; where it is broken, its time begins anew. With `when`, it is broken once that resolves, which is not waited for. Throws
   * `NotSwitchable`, or a `PlatformError` where it did not succeed.
   */
  break: (name: FaultName, wish: FaultWish, when?: Promise<void>) => Promise<FaultState>;
  /** Resolves once it is well, or all is. */
  heal: (name?: FaultName) => Promise<void>;
  /** Ends all leases. What is held or was killed ends with the stack, and is not waited for. */
  stop: () => Promise<void>;
};

type Lease = {
  name: FaultName;
  askedBy: string | null;
  healsAt: number;
  timer: NodeJS.Timeout | undefined;
  /** Settles once it is broken, or is known not to be. */
  broken: Promise<void>;
  /** The first attempt to heal it. */
  healing?: Promise<void>;
  over: AbortController;
};

const healAgainMs = 1_000;

/** No leases to begin with. */
export function openLeases(switches: Switches, say: (line: string) => void): Leases {
  const leases = new Map<FaultName, Lease>();
  let isStopped = false;

  function stateOf(name: FaultName): FaultState {
    const lease = leases.get(name);
    const whyNot = lease ? null : (switches[name].whyNot() ?? null);
    return {
      name,
      isHere: whyNot === null,
      whyNot,
      healsAt: lease ? new Date(lease.healsAt).toISOString() : null,
      remainingMs: lease ? (lease.healing ? 0 : Math.max(0, lease.healsAt - Date.now())) : null,
      askedBy: lease?.askedBy ?? null,
    };
  }

  function keepFor(lease: Lease, { forMs = faultDurationMs.usual, askedBy }: FaultWish): void {
    clearTimeout(lease.timer);
    lease.askedBy = askedBy ?? null;
    lease.healsAt = Date.now() + forMs;
    lease.timer = setTimeout(() => void healed(lease).catch(() => {}), forMs);
  }

  /** Ends a lease; rejects where it cannot be healed at first, and goes on trying. */
  function healed(lease: Lease): Promise<void> {
    lease.healing ??= heal(lease);
    return lease.healing;
  }

  async function heal(lease: Lease): Promise<void> {
    const { name, over } = lease;
    clearTimeout(lease.timer);
    over.abort();
    await lease.broken.catch(() => {});
    try {
      await switches[name].breaker.heal();
      leases.delete(name);
    } catch (error) {
      const reason = `${name} is not healed yet, and is tried again: ${reasonOf(error)}`;
      if (!isStopped) say(reason);
      void healUntilWell(lease);
      throw new PlatformError(reason);
    }
  }

  async function healUntilWell({ name }: Lease): Promise<void> {
    while (!isStopped && leases.has(name)) {
      await delay(healAgainMs, undefined, { ref: false });
      await switches[name].breaker.heal().then(
        () => leases.delete(name),
        () => {},
      );
    }
  }

  /** What is still being healed, and has to be well before that can be broken; throws where something on is in the way. */
  function inTheWayOf(name: FaultName): Lease | undefined {
    const inTheWay = [...leases.values()].find((other) =>
      other.name === name ? other.healing !== undefined : exclude(name, other.name),
    );
    if (inTheWay === undefined || inTheWay.healing !== undefined) return inTheWay;
    throw new NotSwitchable(`\`${inTheWay.name}\` is on, and touches the same process. Heal it first.`);
  }

  function begin(name: FaultName, when: Promise<void>): Lease {
    const why = isStopped ? 'The stack is being stopped.' : switches[name].whyNot();
    if (why !== undefined) throw new NotSwitchable(why);
    const { breaker } = switches[name];
    const over = new AbortController();
    const broken = when.then(breaker.break);
    const lease: Lease = { name, askedBy: null, healsAt: 0, timer: undefined, broken, over };
    leases.set(name, lease);
    broken
      .then(() => breaker.untilWell?.(over.signal))
      .then(() => breaker.untilWell && healed(lease))
      .catch(() => {});
    return lease;
  }

  /** Throws where it could not be broken, once what was half broken is healed. */
  async function untilBroken(lease: Lease): Promise<void> {
    try {
      await lease.broken;
    } catch (error) {
      await healed(lease).catch(() => {});
      throw new PlatformError(`${lease.name} did not succeed: ${reasonOf(error)}`);
    }
  }

  return {
    list: () => faultNames.map(stateOf),
    async break(name, wish, when) {
      for (let other = inTheWayOf(name); other; other = inTheWayOf(name)) await other.healing;
      const lease = leases.get(name) ?? begin(name, when ?? Promise.resolve());
      keepFor(lease, wish);
      const broken = untilBroken(lease);
      if (when === undefined) await broken;
      else broken.catch((error: unknown) => say(reasonOf(error)));
      return stateOf(name);
    },
    async heal(name) {
      const which = name === undefined ? [...leases.values()] : [leases.get(name) ?? []].flat();
      const outcomes = await Promise.allSettled(which.map(healed));
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    },
    async stop() {
      isStopped = true;
      const left = [...leases.values()].filter(({ name }) => !isOfProcess(name));
      for (const { timer } of leases.values()) clearTimeout(timer);
      await Promise.allSettled(left.map(healed));
    },
  };
}

const isOfProcess = (name: FaultName): boolean =>
  faults[name].group === 'hold' || faults[name].group === 'kill';

/** Whether two faults cannot be on at once: both touch one process, and one of them ends it or cuts it off. */
function exclude(one: FaultName, other: FaultName): boolean {
  const isWish = (name: FaultName) => faults[name].group === 'mail' || faults[name].group === 'sms';
  const { touches } = faults[one];
  return touches !== null && touches === faults[other].touches && !(isWish(one) && isWish(other));
}
