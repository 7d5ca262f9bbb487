/** Random sequences of what may happen to signups, against the model, in greater number than anywhere else. */
import { randomSequences } from '../time/random.ts';

describe('Whatever happens to signups, in very many sequences', () => randomSequences(150));
