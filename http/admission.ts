/**
 * What is served where more is asked for than can be: so many requests at once, a few wait for a moment, and
 * all others are turned away at once. So any answer comes within seconds, and no work is done for callers
 * that have left meanwhile. Counted is the work behind an answer, for each style of its own, and no health
 * check.
 */
import type { Response } from 'express';
import type { Style } from '../domain/signup.ts';
import { traits } from '../domain/styles.ts';
import { Problem } from './problems.ts';

/** How many of a style are served at once, how many wait for it, and for how long at most. */
export type AdmissionLimits = { atOnce: number; waiting: number; withinMs: number };

/**
 * More at a time makes no style faster (measured at 100 clients and beyond), and an overloaded server answers
 * no caller in time.
 */
const usual: AdmissionLimits = { atOnce: 128, waiting: 256, withinMs: 2000 };

/** Where a request waits for everything, it mostly does nothing: how many may, its style says itself. */
const atOnceWaiting = 2000;

/** Does work for the answer to `response`. Throws a 503 problem, before anything is done, where there is too much of it. */
export type Admit = <T>(style: Style, response: Response, work: () => Promise<T>) => Promise<T>;

/** A caller that waits to be served. */
type WaitingCaller = { admit: () => void; refuse: (why: Problem) => void };

/** Opens the door of each style. `onShed` is told of each request that is turned away. */
export function openAdmission(onShed: (style: Style) => void, limits: Partial<AdmissionLimits> = {}): Admit {
  const { waiting: room, withinMs } = { ...usual, ...limits };
  const atOnceOf = (style: Style) =>
    limits.atOnce ?? (traits[style].answersAfter === 'everything' ? atOnceWaiting : usual.atOnce);
  const doors = new Map<Style, { inside: number; waiting: Set<WaitingCaller> }>();

  return async (style, response, work) => {
    const door = doors.get(style) ?? { inside: 0, waiting: new Set() };
    doors.set(style, door);
    if (response.destroyed) throw callerLeft();
    if (door.inside < atOnceOf(style)) door.inside++;
    else await turn(style, door.waiting, response);
    try {
      return await work();
    } finally {
      // The place goes to the caller that has waited longest.
      const [next] = door.waiting;
      if (next) next.admit();
      else door.inside--;
    }
  };

  /** Waits until a place is free. */
  async function turn(style: Style, waiting: Set<WaitingCaller>, response: Response): Promise<void> {
    if (waiting.size >= room) throw shed(style);
    await new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => one.refuse(shed(style)), withinMs);
      const onClose = () => one.refuse(callerLeft());
      const done = () => {
        waiting.delete(one);
        clearTimeout(patience);
        response.off('close', onClose);
      };
      const one: WaitingCaller = {
        admit: () => (done(), resolve()),
        refuse: (why) => (done(), reject(why)),
      };
      response.once('close', onClose);
      waiting.add(one);
    });
  }

  function shed(style: Style): Problem {
    onShed(style);
    return new Problem(
      'overloaded',
      'More is asked for at the moment than can be answered. Nothing was done.',
    );
  }
}

function callerLeft(): Problem {
  return new Problem('overloaded', 'The caller has left.');
}
