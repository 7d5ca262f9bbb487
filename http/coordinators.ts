/** Asking both coordinators: an id does not say whose it is. */
import { Unavailable, type Coordinator } from '../domain/coordinator.ts';
import { styles, type Style } from '../domain/signup.ts';

/**
 * The answer of the first coordinator that has one. One that cannot answer matters only if the other does not know the
 * signup either.
 */
export async function firstThatKnows<T>(
  coordinators: Record<Style, Coordinator>,
  ask: (coordinator: Coordinator) => Promise<T | undefined>,
): Promise<T | undefined> {
  let unavailable: Unavailable | undefined;
  for (const style of styles) {
    try {
      const answer = await ask(coordinators[style]);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable ??= error;
    }
  }
  if (unavailable) throw unavailable;
  return undefined;
}
