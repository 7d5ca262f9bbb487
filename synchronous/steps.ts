/**
 * The steps as a process calls them that waits for every answer, and what such a process is given and ends with. No process here
 * reads the clock: a step's time is that of the service that does it, so no input has an `at`.
 */
import type { Person } from '../domain/signup.ts';
import type { AccountOpened, Answer, OpenAccount, OpenRefusal, Steps } from '../domain/steps.ts';

/** A step without the time, which it is not told. */
type Untimed<S> = S extends (input: infer Input) => infer Answered
  ? (input: Omit<Input, 'at'>) => Answered
  : never;

/** The steps, called. What one throws is a fault that lasted longer than its attempts. */
export type CalledSteps = { [S in keyof Steps]: Untimed<Steps[S]> };

/** A port whose functions return their answers themselves: the thread that calls one does nothing else meanwhile. */
export type Blocking<P> = {
  [S in keyof P]: P[S] extends (input: infer Input) => Promise<infer Answered>
    ? (input: Input) => Answered
    : never;
};

/** What a signup is asked with. */
export type SignUp = Omit<OpenAccount, 'at'>;
/** How the request to sign up ends: with both channels served, or a refusal. */
export type SignedUp = Answer<AccountOpened, OpenRefusal | 'undeliverable'>;

/** What a signup is compensated with whose address does not exist. */
export type Compensate = { signupId: string } & Pick<Person, 'phone'>;

/** What a click is acted on with. */
export type Click = { signupId: string } & Person;
/** How a click ends. */
export type ClickEnded = Answer<'activated', 'closed'>;
