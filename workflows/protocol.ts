/** What a running signup can be told and asked, and what it is started with: shared by the workflow and its callers. */
import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { RetryPolicy } from '../domain/process.ts';
import type { Outcome, ParkedStep, SignupRequest, SignupStatus } from '../domain/signup.ts';
import type { AccountOpened, Answer, OpenRefusal, Refused } from '../domain/steps.ts';

/** What a signup is started with: who signs up, and how faults are retried if not by the policy of the process. */
export type SignupStart = { signupId: string; request: SignupRequest; retry?: RetryPolicy };

/** How a signup ended: a refused one with what step 1 said. */
export type SignupEnd =
  | { outcome: Exclude<Outcome, 'refused'> }
  | ({ outcome: 'refused' } & Refused<OpenRefusal>);

/** What step 1 answered. */
export type Opening = Answer<AccountOpened, OpenRefusal>;

/** That, and for which request: a caller that repeats a key finds out whether it repeats the request too. */
export type Opened = { request: SignupRequest; opening: Opening };

/** Where a signup is. */
export type SignupProgress = { status: SignupStatus; parked: ParkedStep[] };

/** Answers once step 1 is done: the early answer to `POST /signups`. */
export const openedUpdate = defineUpdate<Opened>('opened');

/** The click. A signal, because the server keeps it while no worker runs; an update it would not. */
export const verifySignal = defineSignal('verify');

/** Tries again what is parked. */
export const resumeSignal = defineSignal('resume');

/** Where the signup is, for the Temporal UI and the CLI. */
export const statusQuery = defineQuery<SignupProgress>('status');

/** By it the Temporal UI lists signups by status: `SignupStatus = "pending"`. */
export const signupStatus = defineSearchAttributeKey('SignupStatus', 'KEYWORD');
