/** Many signups at once, by every style: more than fit into its queues. `npm test` plays fewer. */
import { styles } from '../../domain/signup.ts';
import { burst } from '../contract/burst.ts';

describe('Many signups at once', () => {
  for (const style of styles) {
    it(`come to their right ends by ${style}, 200 of them, none twice`, () => burst(style, 200)).timeout(
      180_000,
    );
  }
});
