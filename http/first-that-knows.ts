/** An id does not say which style its signup is of: whoever needs to know asks both sides. */
import { Unavailable } from '../domain/coordinator.ts';
import { styles, type Style } from '../domain/signup.ts';

/** Asks one side after the other. One that cannot answer matters only if the other does not know the signup either. */
export async function firstThatKnows<Side, T>(
  sides: Record<Style, Side>,
  ask: (side: Side) => Promise<T | undefined>,
): Promise<T | undefined> {
  let unavailable: Unavailable | undefined;
  for (const style of styles) {
    try {
      const answer = await ask(sides[style]);
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      unavailable ??= error;
    }
  }
  if (unavailable) throw unavailable;
  return undefined;
}
