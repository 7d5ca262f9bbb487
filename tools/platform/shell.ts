/** What somebody types in another terminal: variables that say where the running stack is, and a signup in each style. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { styles } from '../../domain/signup.ts';
import { cacheFolder } from './folders.ts';
import { runningAddresses } from './running.ts';
import { onPath } from './search-path.ts';
import type { Stack } from './stack.ts';
import { builtPath } from './temporal-build.ts';
import { program, releasePath } from './temporal-release.ts';

/**
 * One line per variable, for `eval`; undefined where no stack runs over the folder. Parts that are attached are not in it. Temporal's
 * command line is put on the PATH where Duet has fetched it.
 */
export function exportLines(
  home: string,
  environment: NodeJS.ProcessEnv = process.env,
): string[] | undefined {
  const addresses = runningAddresses(home);
  if (addresses === undefined) return undefined;
  const fetched = fetchedTemporal(environment);
  return [
    ...Object.entries(addresses).map(([name, value]) => `export ${name}=${quoted(value)}`),
    ...(fetched === undefined ? [] : [`export PATH="$PATH":${quoted(dirname(fetched))}`]),
  ];
}

const quoted = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;

function fetchedTemporal(environment: NodeJS.ProcessEnv): string | undefined {
  if (onPath(program, environment.PATH) !== undefined) return undefined;
  const cache = cacheFolder(environment);
  return [releasePath(cache), builtPath(cache)].find((path) => existsSync(path));
}

/** A command per style that signs somebody up. */
export function signupCommands(): string[] {
  return styles.map((style) => {
    const email = `ada+${style}@example.com`;
    const body = JSON.stringify({ email, name: 'Ada', phone: '+15550001111', style });
    return `curl -i "$DUET_URL/signups" -H 'content-type: application/json' -d '${body}'`;
  });
}

/** What `npm start` prints once everything runs. */
export function summary(stack: Pick<Stack, 'home' | 'urls' | 'addresses' | 'pidOf'>, tookMs: number): string {
  const { temporalUi, rabbitmqUi } = stack.urls;
  // Only a password that we made: that of an attached broker is somebody else's secret.
  const { username, password } = new URL(stack.addresses.amqpAdmin);
  const login = stack.pidOf('rabbitmq') === undefined ? '' : `   ${username} / ${password}`;
  const rows: [string, string | undefined][] = [
    ['Live page and API', stack.urls.api],
    ['Temporal UI', temporalUi],
    ['RabbitMQ UI', rabbitmqUi === undefined ? undefined : `${rabbitmqUi}${login}`],
    ['Mailbox', stack.urls.mailbox],
  ];
  return [
    '',
    `Duet is ready after ${(tookMs / 1000).toFixed(1)} s.`,
    '',
    ...rows.filter(([, url]) => url !== undefined).map(([name, url]) => `  ${name.padEnd(20)}${url}`),
    '',
    'In another terminal, once (`npm run env` prints it again):',
    ...(exportLines(stack.home) ?? []).map((line) => `  ${line}`),
    '',
    'Try it, in each style:',
    ...signupCommands().map((command) => `  ${command}`),
    '',
    'Ctrl-C stops everything.',
    '',
  ].join('\n');
}
