/** Ten minutes under load. */
import { soak } from '../deep/soaking.ts';

soak(600);
