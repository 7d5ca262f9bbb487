/** `npm run doctor`: for each part what would be used and why, starting nothing; exit code 1 when one cannot be had. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../config.ts';
import { cacheFolder, homeFolder } from './folders.ts';
import { planMail, planSms } from './mailbox.ts';
import { planLine, reasonOf, type Surroundings } from './part.ts';
import { planPostgres } from './postgres.ts';
import { planRabbit } from './rabbitmq.ts';
import { planTemporal } from './temporal.ts';

const help = `Usage: npm run doctor

Says for each part of the stack whether it would be attached to, found on this machine or embedded, and why. Starts nothing.
Exit code 0 when every part can be had, else 1.`;

try {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help === true) {
    console.log(help);
    process.exit(0);
  }
} catch (error) {
  console.error(`${reasonOf(error)}\n${help}`);
  process.exit(2);
}

try {
  const environment = process.env;
  const home = homeFolder(environment);
  const surroundings: Surroundings = { environment, home, cache: cacheFolder(environment), say: console.log };
  console.log(`Node      ${process.versions.node}\nState     ${home}\nCache     ${surroundings.cache}`);
  for (const plan of [planPostgres, planRabbit, planTemporal, planMail, planSms]) {
    const outcome = await plan(surroundings);
    console.log(planLine(outcome));
    if (outcome.way !== 'none') continue;
    console.log(outcome.error.message.replaceAll(/^/gm, '  '));
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof ConfigurationError ? error.message : error);
  process.exitCode = 1;
}
