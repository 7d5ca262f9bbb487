/**
 * A part may answer every question and yet not do its work: Temporal, say, whose disk is full. What became of the latest signups
 * tells. So a style that could not take several in a row is not ready, for as long as it was tried lately.
 */
import { z } from 'zod';
import { Unavailable, type Coordinator, type RequiredPart } from '../domain/coordinator.ts';

const inARow = 3;

/** Whether a style can take signups, as `GET /health/ready` says it. */
export const Readiness = z
  .object({
    ready: z.boolean(),
    missing: z.string().optional().describe('What a signup cannot be taken without, and is away'),
    notHere: z.string().optional().describe('Why the style is not here at all, and what to do about it'),
    waitsFor: z.string().optional().describe('What is away that signups which are taken wait for'),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof Readiness>;

/** Asks a coordinator whether it can take signups. */
export async function readinessOf({
  notHere,
  missing,
  waitsFor,
}: Pick<Coordinator, 'notHere' | 'missing' | 'waitsFor'>): Promise<Readiness> {
  if (notHere !== undefined) return { ready: false, notHere };
  const away = await missing();
  if (away !== undefined) return { ready: false, missing: away };
  const held = waitsFor?.();
  return held === undefined ? { ready: true } : { ready: true, waitsFor: held };
}

/** After so long without another try it counts as ready again: only a signup can tell that it is. */
const rememberedMs = 10_000;

/**
 * Makes `missing` of a coordinator name also the part without which its latest signups could not be taken.
 */
export function noticingRefusals(coordinator: Coordinator, now: () => number = Date.now): Coordinator {
  let refused = 0;
  let latest: { part: RequiredPart; at: number } | undefined;
  return {
    ...coordinator,
    async start(signupId, request) {
      try {
        const started = await coordinator.start(signupId, request);
        refused = 0;
        return started;
      } catch (error) {
        if (error instanceof Unavailable) {
          refused += 1;
          latest = { part: error.part, at: now() };
        }
        throw error;
      }
    },
    async missing() {
      const missing = await coordinator.missing();
      if (missing !== undefined) return missing;
      const isRecent = latest !== undefined && now() - latest.at < rememberedMs;
      return isRecent && refused >= inARow ? latest?.part : undefined;
    },
  };
}
