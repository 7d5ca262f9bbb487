/** `npm run dead-letters -- retell`: what the broker has lost is told again, from what the services have written down. */
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { Duration } from '../../domain/duration.ts';
import { retell, type Retold } from '../operator/retell.ts';
import { reasonOf } from '../platform/error.ts';
import { databaseUrl } from './addresses.ts';
import { commandsOf, Failure, printJson } from './program.ts';
import { signupIdTyped } from './signup-id.ts';

export const retellEvents = commandsOf('dead-letters')('retell')
  .summary('tells again what was told within some time')
  .description(
    'Tells again what was told within that time (1h, 7d): after a queue was purged, or a broker lost.\n\n' +
      'Services keep what they have told for 30 days. A service that has had an event knows it by its id and does nothing, so it ' +
      'does no harm to ask for too much, or twice. The database is the one of DATABASE_URL (an administrator’s address), else that of ' +
      'the running stack.',
  )
  .argument('<duration>', 'such as 90m, 24h or 7d, at most 30d', (word) => {
    const within = Duration.safeParse(word);
    if (within.success) return within.data;
    throw new InvalidArgumentError('Expected a span of time such as 90m, 24h or 7d, at most 30d.');
  })
  .option('--signup <id>', 'only what was told of that signup', signupIdTyped)
  .option('--dry-run', 'only says what it would do')
  .action(async (withinMs, { signup: signupId, json, dryRun: isDry = false }) => {
    const retold = await onDatabase((url) => retell(url, { withinMs, signupId }, { isDry }));
    if (json) return printJson(retold);
    console.log(retold.map((each) => lineOf(each, isDry)).join('\n'));
  });

function lineOf({ service, events }: Retold, isDry: boolean): string {
  return `${service}: ${isDry ? 'would tell' : 'tells'} ${events} ${events === 1 ? 'event' : 'events'} again`;
}

async function onDatabase<T>(use: (url: string) => Promise<T>): Promise<T> {
  const url = databaseUrl();
  try {
    return await use(url);
  } catch (error) {
    throw new Failure(`The database at ${new URL(url).host} does not do it: ${reasonOf(error)}`);
  }
}
