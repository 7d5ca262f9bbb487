/**
 * What a thread of the pool runs: one process after the other, each straight through. Every step is asked of
 * the main thread, and this thread stands still in the kernel until the answer is there, as a thread does in
 * `read(2)`.
 */
import { flushCompileCache } from 'node:module';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { stepNames } from '../../../domain/steps.ts';
import { click, compensate, signUp } from '../../../synchronous/blocking.ts';
import type { Blocking, CalledSteps } from '../../../synchronous/steps.ts';

const processes = { signUp, compensate, click };
/** The processes, by their names. */
export type Processes = typeof processes;

/** What the main thread has run. */
export type ProcessAsked = { process: keyof Processes; input: unknown };
/** What the main thread answers to a step. */
export type StepAnswered = { answer: unknown } | { fault: string };
/**
 * What a thread tells: that it takes processes, a step to do, or how its process ended. `byFault`: what was
 * thrown is the fault of the last step.
 */
export type FromThread =
  | { ready: true }
  | { step: keyof CalledSteps; input: never }
  | { ended: unknown }
  | { thrown: unknown; byFault: boolean };

/** A step's fault, thrown where the step was called. */
class StepFault extends Error {
  override name = 'StepFault';
}

const main = parentPort!;
const answered = workerData as Int32Array<SharedArrayBuffer>;
const tell = (message: FromThread) => main.postMessage(message);

/** Does a step by standing still. How long that may take is for the step itself to limit. */
function call(step: keyof CalledSteps, input: never): unknown {
  Atomics.store(answered, 0, 0);
  tell({ step, input });
  // A futex: this thread of the operating system does nothing else before it is woken.
  Atomics.wait(answered, 0, 0);
  const received: StepAnswered = receiveMessageOnPort(main)!.message;
  if ('fault' in received) throw new StepFault(received.fault);
  return received.answer;
}

const stepsHere = Object.fromEntries(
  (Object.keys(stepNames) as (keyof CalledSteps)[]).map((step) => [
    step,
    (input: never) => call(step, input),
  ]),
) as Blocking<CalledSteps>;

main.on('message', ({ process, input }: ProcessAsked) => {
  try {
    tell({ ended: processes[process](stepsHere, input as never) });
  } catch (error) {
    tell({ thrown: error, byFault: error instanceof StepFault });
  }
});

// The threads to come read this code without its types.
flushCompileCache();
tell({ ready: true });
