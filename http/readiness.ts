/**
 * A part may answer every question and yet not do its work: Temporal, say, whose disk is full. What became of the latest signups
 * tells. So a style that could not take several in a row is not ready, for as long as it was tried lately.
 */
import { Unavailable, type Coordinator, type RequiredPart } from '../domain/coordinator.ts';

const inARow = 3;

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
