/**
 * The crash points, as data: a name, and for each style the process that dies there and the line where it does. Lines are found from
 * outside, by what passes an adapter: the commit of a transaction that ran a certain statement, a mail, a command to Temporal.
 */
import type { Style } from '../../domain/signup.ts';
import { forEachStyle, traits, type Mechanism } from '../../domain/styles.ts';

/** A line at which a process dies. Where `about` is given, the values passed must contain it. */
export type Line = { process: 'api' | 'accounts' | 'notifications'; about?: string } & (
  | { commitOf: string; when: 'before' | 'after' }
  | { statement: string; when: 'before' }
  | { mail: string; when: 'before' | 'after' }
  | { answerOf: 'start' }
  | { commandWith: string }
);

/** For each style where it dies; undefined where the style has no such line. */
export type CrashPoint = Record<Style, Line | undefined>;

const inAll = (line: Line): CrashPoint => forEachStyle(() => line);

const inEach = (lines: Partial<Record<Mechanism, Line>>): CrashPoint =>
  forEachStyle((style) => lines[traits[style].mechanism]);

/** In the process of accounts that plays the step: where calls are waited for, the api. */
const inAccounts = (line: Omit<Extract<Line, { commitOf: string }>, 'process'>): CrashPoint =>
  inEach({
    calls: { ...line, process: 'api' },
    chain: { ...line, process: 'accounts' },
    workflow: { ...line, process: 'accounts' },
  });

export const crashPoints = {
  'api-before-answer': inEach({
    calls: { process: 'api', commitOf: 'mark-notified', when: 'after' },
    chain: { process: 'api', commitOf: 'insert-request', when: 'after' },
    workflow: { process: 'api', answerOf: 'start' },
  }),
  'accounts-before-telling': inEach({
    chain: { process: 'accounts', commitOf: 'mark-notified', when: 'after' },
    workflow: { process: 'accounts', commitOf: 'mark-notified', when: 'after' },
  }),
  'relay-before-mark': inEach({
    chain: { process: 'accounts', statement: 'mark-sent', when: 'before' },
  }),
  'notifications-before-send': inAll({ process: 'notifications', mail: 'welcome', when: 'before' }),
  'notifications-before-record': inAll({ process: 'notifications', mail: 'welcome', when: 'after' }),
  'notifications-after-record': inAll({ process: 'notifications', commitOf: 'record-sends', when: 'after' }),
  'accounts-recording': inAccounts({ commitOf: 'mark-notified', when: 'before' }),
  'timer-due': inEach({
    calls: { process: 'api', commitOf: 'go-on', when: 'before', about: '"reminder-2"' },
    chain: { process: 'accounts', commitOf: 'hold-due', when: 'before' },
    workflow: { process: 'accounts', commandWith: '"purpose":"reminder-1"' },
  }),
  'step-1-answer-lost': inEach({
    workflow: { process: 'accounts', commitOf: 'insert-account', when: 'after' },
  }),
  'between-compensations': inAccounts({ commitOf: 'mark-closed', when: 'after', about: 'undeliverable' }),
  'during-expiry': inAccounts({ commitOf: 'mark-closed', when: 'before', about: 'expired' }),
} as const satisfies Record<string, CrashPoint>;

export type PointName = keyof typeof crashPoints;
