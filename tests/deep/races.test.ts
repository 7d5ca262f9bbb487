/** Expiry and click at the same moment, many times; `npm test` plays some, `npm run soak` more. */
import { styles } from '../../domain/signup.ts';
import { raceExpiryWithClick } from '../time/racing.ts';

describe('Expiry and click at the same moment', () => {
  for (const style of styles) {
    it(`have one winner, by ${style}, 100 times`, () => raceExpiryWithClick(style, 100)).timeout(300_000);
  }
});
