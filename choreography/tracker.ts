/**
 * The tracker watches: it writes down how far the steps of both styles have come, for lists, timelines and the feed, and
 * decides nothing. If it is down, nothing else notices; its queues keep what it has missed.
 */
import { inBatchesPer } from '../adapters/batches.ts';
import { statement, type Queryable } from '../adapters/postgres.ts';
import { eventSchemas, type Envelope, type EventType } from '../domain/events.ts';
import type { ObservedKind } from '../domain/history.ts';
import type { Style } from '../domain/signup.ts';
import type { StepName } from '../domain/steps.ts';
import { reaction, type Reaction } from '../messaging/inbox.ts';
import { observationExchange } from '../messaging/topology.ts';

/** Where the tracker is told what was observed of the workflows. */
export const observationQueue = 'tracker.record-observations';

// Cost 7 (choreography): nobody holds the whole, so a process of its own listens to everything to say where a signup is. The
// workflow's history comes with the engine.
type Observed = { step: string; kind: ObservedKind; detail: string | null };

// The row lock on the position lets one writer after the other in: so the sequence has no gap, and no reader sees a
// number before all smaller ones are committed.
const noteAll = statement(
  'note-all',
  `with told as (
     select row_number() over () as number, count(*) over () as in_all, told.*
     from jsonb_to_recordset($1::jsonb) as told (event_id uuid, signup_id uuid, style text, step text, kind text,
       attempts integer, detail text, event text, at timestamptz, status text)),
   next as (
     update feed_position set position = position + (select count(*) from told) returning position),
   appended as (
     insert into feed (position, event_id, signup_id, style, step, kind, attempts, detail, event, happened_at)
     select position - in_all + number, event_id, signup_id, style, step, kind, attempts, detail, event, at from told, next),
   step as (
     insert into steps as known (signup_id, step, kind, attempts, detail, at)
     select signup_id, step, kind, attempts, detail, at from told
     on conflict (signup_id, step) do update
       set kind = excluded.kind, attempts = excluded.attempts, detail = excluded.detail, at = excluded.at
       -- Events come in any order: what is final stays, and of two others the later one counts.
       where known.kind in ('retrying', 'parked') and (excluded.kind not in ('retrying', 'parked') or excluded.at >= known.at))
   insert into signups as known (signup_id, style, status, started_at, notified_at, ended_at)
   select signup_id, style, coalesce(status, 'opening'), at,
          case when step = 'recordNotified' and kind = 'done' then at end,
          case when status <> 'pending' then at end
   from told
   on conflict (signup_id) do update
     set started_at = least(known.started_at, excluded.started_at),
         notified_at = coalesce(known.notified_at, excluded.notified_at),
         ended_at = coalesce(known.ended_at, excluded.ended_at),
         status = case when known.ended_at is null and excluded.status <> 'opening' then excluded.status else known.status end`,
);

type Noted = Observed & {
  event_id: string;
  signup_id: string;
  style: Style;
  attempts: number;
  event: string;
  at: string;
  /** What the signup has come to by it, where it decides that. */
  status: string | null;
};

/** What is noted in one transaction at the same moment, of different signups, is one statement. */
const note = inBatchesPer(async (transaction: Queryable, all: readonly Noted[]) => {
  await noteAll(transaction, JSON.stringify(all));
  return all.map(() => undefined);
});

/** What the tracker does when it is told of something, or of what was observed of the workflows: it notes it. */
export function trackerReactions(): Reaction[] {
  return [
    reaction({
      queue: 'tracker.record-events',
      on: Object.keys(eventSchemas) as EventType[],
      react: (transaction, event) => noteEvent(transaction, event, 'choreography'),
    }),
    reaction({
      queue: observationQueue,
      exchange: observationExchange,
      on: ['step.observed'],
      react: (transaction, event) => noteEvent(transaction, event, 'orchestration'),
    }),
  ];
}

async function noteEvent(transaction: Queryable, event: Envelope, style: Style): Promise<[]> {
  const observed = observedIn(event);
  if (observed) {
    const { id, subject, type, time, attempts = 1 } = event;
    const about = { event_id: id, signup_id: subject, style, attempts, event: type, at: time };
    await note(transaction, { ...observed, ...about, status: statusAfter(observed) });
  }
  return [];
}

// Cost 3 (choreography): the link and personal data travel in events, so whoever shows events takes out what may be shown.
/** The step that an event speaks of. Nothing of the person is in it. */
function observedIn(event: Envelope): Observed | undefined {
  const { type, data } = event;
  switch (type) {
    case 'step.observed':
      return { ...data };
    case 'resume.requested':
    case 'retell.requested':
    case 'timer.due':
    case 'account.left-unverified':
      return undefined;
    case 'account.opened':
      return { step: 'openAccount', kind: 'done', detail: null };
    case 'account.refused':
      return { step: 'openAccount', kind: 'refused', detail: data.message };
    case 'account.notified':
      return { step: 'recordNotified', kind: 'done', detail: null };
    case 'account.activated':
      return { step: 'activateAccount', kind: 'done', detail: null };
    case 'account.closed':
      return { step: `closeAccount ${data.reason}`, kind: 'done', detail: null };
    default: {
      const [channel, result, purpose] = type.split('.') as [string, keyof typeof kindOf, string];
      const step = `${channel === 'email' ? 'sendEmail' : 'sendSms'} ${purpose}`;
      return { step, kind: kindOf[result], detail: 'reason' in data ? data.reason : null };
    }
  }
}

const kindOf = { sent: 'done', undeliverable: 'refused', skipped: 'skipped' } as const;

/** What a signup has come to by this step, where the step decides that. */
function statusAfter({ step, kind }: Observed): string | null {
  if (step === ('openAccount' satisfies StepName)) {
    return kind === 'done' ? 'pending' : kind === 'refused' ? 'refused' : null;
  }
  if (kind !== 'done') return null;
  if (step === ('activateAccount' satisfies StepName)) return 'activated';
  const [, reason] = /^closeAccount (.+)$/.exec(step) ?? [];
  return reason ?? null;
}
