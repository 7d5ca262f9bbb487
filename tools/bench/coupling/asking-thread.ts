/** The thread in which callers ask: what is watched meanwhile, in the thread that started it, does not delay them. */
import { parentPort, workerData } from 'node:worker_threads';
import { askAll, type Asking } from './asking.ts';

parentPort!.postMessage(await askAll(workerData as Asking), []);
