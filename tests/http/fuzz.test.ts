/** `POST /signups` and all paths, with whatever may be sent; `npm run test:deep` sends more. */
import { fuzzed } from './fuzzing.ts';

fuzzed(100);
