/**
 * The history of a signup, in one shape for every style: a row per step, as far as it has come, and a row per wait. The
 * names of steps are those of the `Steps` port, so that two histories can be laid side by side.
 */
import { z } from 'zod';
import type { Answer } from './steps.ts';

/**
 * How far a step has come. `done`, `refused` and `skipped` are final; `running` is an attempt under way, `retrying` one that
 * faulted and will be repeated, `parked` waits for `resume`; `failed` faulted, and is repeated only where the request for it is;
 * `waiting` is the wait for the click.
 */
const entryKinds = [
  'done',
  'refused',
  'skipped',
  'failed',
  'running',
  'retrying',
  'parked',
  'waiting',
] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Where an entry was read: the tracker or a service's own rows, Temporal's history or what it says is pending. */
const entrySources = ['tracker', 'accounts', 'history', 'pending'] as const;
export type EntrySource = (typeof entrySources)[number];

/** A row of a history. */
export const HistoryEntry = z.object({
  at: z.iso.datetime().describe("When it came to this, in the signup's own time"),
  kind: z.enum(entryKinds),
  step: z.string().describe('`openAccount`, `sendEmail welcome`, …, or `click` for the wait'),
  attempts: z.int().describe('Since the step began or was last resumed'),
  detail: z.string().nullable().describe('A reason: of the refusal, of skipping it, or the last error'),
  source: z.enum(entrySources),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** Reads the history of a signup; undefined where its source knows no such signup. Throws `Unavailable`. */
export type ReadHistory = (signupId: string) => Promise<HistoryEntry[] | undefined>;

/** Whether a step that has come to this stays so. */
export function isFinal(kind: EntryKind): boolean {
  return kind === 'done' || kind === 'refused' || kind === 'skipped';
}

/** What is observed of a step as it happens: what the tracker notes, and the feed shows. */
export const observedKinds = ['done', 'refused', 'skipped', 'failed', 'retrying', 'parked'] as const;
export type ObservedKind = (typeof observedKinds)[number];

/** Why nothing was sent, in the words of every history. */
export const skippedBecause = {
  skipped: 'there is nothing to send to',
  superseded: 'the signup had moved on',
} as const;

/** How a step has ended, by its answer. */
export function endOf(answer: Answer<unknown, string>): {
  kind: 'done' | 'refused' | 'skipped';
  detail: string | null;
} {
  if ('refused' in answer) return { kind: 'refused', detail: answer.message };
  const because = Object.entries(skippedBecause).find(([said]) => said === answer.ok)?.[1];
  return because === undefined ? { kind: 'done', detail: null } : { kind: 'skipped', detail: because };
}
