/**
 * `npm run bench`: measures on a stack of its own, prints tables and writes the figures to a file: the styles against their floors,
 * with `sleeping` what signups cost while they wait, with `balance` three ways of asking, with `coupling` who waits while something is
 * away. A machine that does something else meanwhile gives figures worth nothing.
 */
import { measureBalance } from './balance/run.ts';
import { measureCoupling } from './coupling/run.ts';
import { describeMachine } from './machine.ts';
import { readOptions } from './options.ts';
import { measureSleeping } from './sleeping/run.ts';
import { measureStyles } from './styles.ts';

const options = readOptions();

// What other servers do would be measured too, and nobody wants a benchmark's signups in them.
const attaching =
  /^(DATABASE_URL|AMQP_.*|KAFKA_.*|TEMPORAL_(?!DOWNLOAD_URL).*|SMTP_URL|SMS_.*|PORT|PUBLIC_URL)$/;
const ignored = Object.keys(process.env).filter((name) => attaching.test(name));
for (const name of ignored) delete process.env[name];

const machine = describeMachine();
console.log(
  `Machine   ${machine.cores} × ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, load ${machine.load}`,
);
if (ignored.length > 0)
  console.log(`Ignored   ${ignored.join(', ')}: the benchmark starts servers of its own`);
const began = Date.now();
const measures = {
  styles: measureStyles,
  sleeping: measureSleeping,
  balance: measureBalance,
  coupling: measureCoupling,
};
await measures[options.what](options, machine);
console.log(`Took ${((Date.now() - began) / 1000).toFixed(0)} s.`);
process.exit();
