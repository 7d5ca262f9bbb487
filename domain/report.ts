/** What a running stack tells of itself: numbers per style, its processes, and what is broken. Nothing of a person is in it. */
import { z } from 'zod';
import { FaultState } from './faults.ts';
import { statuses, styles } from './signup.ts';

/** Numbers of a style; null where it has no such number, or its source is away. */
export const StyleReport = z
  .object({
    style: z.enum(styles),
    isHere: z.boolean(),
    whyNot: z.string().nullable().describe('What is missing, and what to do'),
    counts: z.record(z.enum(statuses), z.int()).nullable().describe('Signups by status'),
    notified: z
      .object({ p50Ms: z.int(), p99Ms: z.int(), of: z.int() })
      .nullable()
      .describe('From start to notified, of the last 1,000 at most'),
    retrying: z.int().nullable().describe('Steps that faulted and will be tried again'),
    parked: z.int().nullable(),
    unsent: z.int().nullable().describe('Rows of outboxes that were not published yet'),
    oldestUnsentMs: z.int().nullable(),
    depth: z.int().nullable().describe('Messages in queues, or records of a log not read yet'),
    setAside: z.int().nullable().describe('What nobody could read'),
    threads: z
      .object({ busy: z.int(), of: z.int() })
      .nullable()
      .describe('Threads that stand still for a caller'),
  })
  .meta({ id: 'StyleReport' });
export type StyleReport = z.infer<typeof StyleReport>;

/** A process of the stack, as its supervisor sees it. */
export const ProcessReport = z
  .object({
    name: z.string(),
    state: z.enum(['running', 'starting', 'held', 'attached', 'stopped']),
    restarts: z.int(),
  })
  .meta({ id: 'ProcessReport' });
export type ProcessReport = z.infer<typeof ProcessReport>;

/** The answer of `GET /styles`: at most 1 s old. */
export const StackReport = z
  .object({
    styles: z.array(StyleReport),
    processes: z.array(ProcessReport).nullable().describe('null where there is no supervisor to ask'),
    faults: z.array(FaultState).nullable().describe('null where there is no supervisor to ask'),
    at: z.iso.datetime(),
  })
  .meta({ id: 'StackReport' });
export type StackReport = z.infer<typeof StackReport>;
