/** Expiry and click at the same moment, in greater number than anywhere else. */
import { styles } from '../../domain/signup.ts';
import { raceExpiryWithClick } from '../time/racing.ts';

describe('Expiry and click at the same moment', () => {
  for (const style of styles) {
    it(`have one winner, by ${style}, 400 times`, () => raceExpiryWithClick(style, 400)).timeout(600_000);
  }
});
