/**
 * What the judge is given of one signup: what was asked for, and what is seen of it from outside once everything is healed. Only
 * plain values, so that a test of the judge can take a mail away, double one, or change a state.
 */
import type { HistoryEntry } from '../../domain/history.ts';
import type { Signup, SignupRequest, Style } from '../../domain/signup.ts';

/** What the customer of a signup does, or what is wrong with their address: how it has to end follows from it. */
export const intents = ['wait', 'click', 'remind', 'expire', 'undeliverable', 'taken', 'cancel'] as const;
export type Intent = (typeof intents)[number];

/** One message that really arrived. `key` is its `Message-ID`, or signup and purpose of its `StatusCallback`. */
export type Arrived = {
  channel: 'email' | 'sms';
  to: string;
  purpose: string;
  signupId: string;
  key: string;
  receivedAt: string;
};

/** The account as the accounts service has it in its database. */
export type AccountSeen = {
  status: 'pending' | 'active' | 'closed';
  closeReason: string | null;
  activatedAt: string | null;
  closedAt: string | null;
};

/** One signup and all that is seen of it. */
export type Evidence = {
  signupId: string;
  style: Style;
  intent: Intent;
  request: SignupRequest;
  /** Whether `POST /signups` was answered with 201 or 202; only then anything was promised. */
  accepted: boolean;
  /** How `GET /signups/<id>` shows it; undefined for one that nobody knows. */
  signup: Signup | undefined;
  account: AccountSeen | undefined;
  arrived: readonly Arrived[];
  history: readonly HistoryEntry[];
  /** Whether its address could be signed up with again; asked only of those whose account is closed. */
  addressIsFree: boolean | undefined;
};
