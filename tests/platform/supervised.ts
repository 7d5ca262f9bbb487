/** A supervisor of its own, to be killed: `supervised.ts <state folder> <process>…`; prints a line once its stack is up. */
import { startStack, type ProcessName } from '../../tools/platform/stack.ts';

const [home, ...processes] = process.argv.slice(2);
if (home === undefined) throw new Error('expected a state folder');
const stack = await startStack({ home, processes: processes as ProcessName[] });
console.log(`up ${stack.urls.api}`);
await stack.ended;
