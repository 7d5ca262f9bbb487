/** A minute and a half under load; `npm run soak` takes ten minutes. */
import { soak } from './soaking.ts';

soak(90);
