/** What the HTTP edge needs of a coordinator, whichever it is. */
import type { Signup, SignupRequest } from './signup.ts';
import type { Part } from './styles.ts';
import type { OpenRefusal, Refused } from './steps.ts';

/**
 * What became of a request to sign up. `accepted`: it goes on by itself. `finished`: all that a request can do is done.
 * `undeliverable`: tried, and compensated. `otherRequest`: the key was used before, for something else.
 */
export type Started =
  | { accepted: Signup }
  | { finished: Signup }
  | { undeliverable: Signup }
  | Refused<OpenRefusal>
  | { otherRequest: true };

/** What became of a click. `queued`: it will be acted on; `unknown`: there is no such signup here. */
export type Clicked = 'activated' | 'queued' | 'closed' | 'unknown';

/**
 * What became of the wish to move a signup's clock. `ended`: there is nothing left to happen. `impossible`: its server cannot,
 * and what to do about it. `underWay`: how far its clock was moved, and what of it did not come to rest in time.
 */
export type FastForwarded =
  | 'moved'
  | 'ended'
  | { impossible: string }
  | { movedMs: number; underWay: string };

/** A part that signups of some style cannot do without. */
export type RequiredPart = 'database' | 'temporal' | 'notifications';

export type Coordinator = {
  /** Why no signup can be started here, and what to do about it; what is known of signups is shown all the same. */
  readonly notHere?: string | undefined;
  /** Starts a signup, or finds the one that was started under the same id. Throws `Unavailable`. */
  start(signupId: string, request: SignupRequest): Promise<Started>;
  /** Takes the click on a verification link. Throws `Unavailable` where it could not be kept. */
  click(signupId: string): Promise<Clicked>;
  /** The signup, from its source; undefined where it is not one of this coordinator. Throws `Unavailable`. */
  find(signupId: string): Promise<Signup | undefined>;
  /** Tries again what is parked of a signup that this coordinator knows; nothing where nothing is. Throws `Unavailable`. */
  resume(signupId: string): Promise<void>;
  /**
   * Moves the clock of a signup that this coordinator knows by exactly so much. What is due meanwhile happens in its order, each
   * thing once the one before has come to rest. Throws `Unavailable`.
   */
  fastForward(signupId: string, byMs: number): Promise<FastForwarded>;
  /** The part without which no signup can be taken, or undefined when all is well. */
  missing(): Promise<RequiredPart | undefined>;
  /** A part that is away without which signups are taken, and wait; undefined where none is, or none is known. */
  waitsFor?(): Part | undefined;
};

/** How long an HTTP answer waits for step 1, or for a click to take effect. */
export const answerWithinMs = 2000;

/** A request has not come to its end. What was done of it stays done: repeated with its key, it goes on from there. */
export class Unfinished extends Error {
  override name = 'Unfinished';
}

/** So many requests are under way that no further one may even wait. Nothing was done. */
export class Exhausted extends Error {
  override name = 'Exhausted';
}

/** A part that a request cannot do without did not answer: whether the request took effect is not known. */
export class Unavailable extends Error {
  override name = 'Unavailable';
  readonly part: RequiredPart;

  constructor(part: RequiredPart, cause: unknown) {
    super(`${part} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.part = part;
  }
}
