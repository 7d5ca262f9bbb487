/** Over which styles a scenario is played: over those that promise it. What others do instead is in `contract/differences.test.ts`. */
import { styles, type Style } from '../domain/signup.ts';
import { promises, type Limit } from '../domain/styles.ts';

/** The styles that promise this. */
export function stylesThat(promise: Limit): readonly Style[] {
  return styles.filter((style) => promises(style, promise));
}

/** The styles that do not. */
export function stylesThatCannot(promise: Limit): readonly Style[] {
  return styles.filter((style) => !promises(style, promise));
}
