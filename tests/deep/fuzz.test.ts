/** `POST /signups` and all paths, with whatever may be sent, for longer than `npm test` does. */
import { fuzzed } from '../http/fuzzing.ts';

fuzzed(1000);
