/** Random sequences of what may happen to signups, against the model, for longer than `npm test` does. */
import { randomSequences } from '../time/random.ts';

describe('Whatever happens to signups, in many sequences', () => randomSequences(50));
