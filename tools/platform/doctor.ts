/** `npm run doctor`: for each part what would be used and why, starting nothing; exit code 1 when one cannot be had. */
import { ConfigurationError } from '../../adapters/config.ts';
import { commandLine } from './command-line.ts';
import { reasonOf } from './error.ts';
import { cacheFolder, homeFolder } from './folders.ts';
import { planKafka } from './kafka.ts';
import { planMail, planSms } from './mailbox.ts';
import { planLine, type Surroundings } from './part.ts';
import { planPostgres } from './postgres.ts';
import { planRabbit } from './rabbitmq.ts';
import { refuseUnfitState } from './state.ts';
import { planTemporal } from './temporal.ts';

commandLine('npm run doctor --')
  .description(
    'Says for each part of the stack whether it would be attached to, found on this machine or embedded, and why. Starts nothing.\n' +
      'Exit code 0 when the state can be read, and every part can be had; Kafka may be missing. Else 1.',
  )
  .parse();

try {
  const environment = process.env;
  const home = homeFolder(environment);
  const surroundings: Surroundings = { environment, home, cache: cacheFolder(environment), say: console.log };
  console.log(`Node      ${process.versions.node}\nState     ${home}\nCache     ${surroundings.cache}`);
  try {
    refuseUnfitState(home);
  } catch (error) {
    console.log(reasonOf(error).replaceAll(/^/gm, '  '));
    process.exitCode = 1;
  }
  for (const plan of [planPostgres, planRabbit, planKafka, planTemporal, planMail, planSms]) {
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
