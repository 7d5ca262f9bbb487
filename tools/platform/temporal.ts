/**
 * Temporal: attach to `TEMPORAL_ADDRESS`, else run the development server of its CLI, with a file as its store. Where the CLI
 * comes from is decided in `temporal-binary.ts`.
 */
import { readConfig } from '../../adapters/config.ts';
import { givenTemporal } from '../../coordinators/workflow/connection.ts';
import { answersUrl } from './download.ts';
import { reasonOf } from './error.ts';
import { PartUnavailable, type Plan, planLine, type StartSurroundings, type Surroundings } from './part.ts';
import { ports } from './ports.ts';
import { fetchBinary, presentBinary, type TemporalBinary } from './temporal-binary.ts';
import { goVersion } from './temporal-build.ts';
import { findNamespace, reachTemporal, writesTemporal } from './temporal-connection.ts';
import { releaseUrl } from './temporal-release.ts';

/** Frontend, namespace, and the UI where known. */
export type TemporalServer = {
  address: string;
  namespace: string;
  uiUrl?: string;
  port: number;
  embedded: boolean;
};

const dynamicConfig: readonly string[] = [
  // Fast-forward moves one workflow's clock.
  'frontend.WorkflowTimeSkippingEnabled=true',
  // Without it each skip costs a second of real time.
  'history.timerProcessorMaxTimeShift="20ms"',
  'system.enableActivityEagerExecution=true',
  // Our clients ping every 5 s, to notice silence within 10; by default that would be too often.
  'frontend.keepAliveMinTime="4s"',
  // One partition: more only cost polls on one machine.
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

/** Says how Temporal would be had; asks whether the release could be downloaded, but downloads nothing. */
export async function planTemporal(surroundings: Surroundings): Promise<Plan> {
  const { environment } = surroundings;
  const given = givenTemporal(environment);
  if (given !== undefined)
    return { part: 'temporal', way: 'attach', why: `TEMPORAL_ADDRESS or its profile names ${given.address}` };
  const present = await presentBinary(surroundings);
  if ('path' in present) {
    const where = present.way === 'found' ? 'on the PATH' : 'in the cache folder';
    return { part: 'temporal', way: present.way, why: `server ${present.server} ${where} (${present.path})` };
  }
  const url = releaseUrl(environment);
  const answers = await answersUrl(url, environment);
  if (answers === true) {
    return {
      part: 'temporal',
      way: 'embedded',
      why: `${present.missing}; the official release`,
      then: `downloads ${url}`,
    };
  }
  const go = await goVersion(environment);
  if ('version' in go) {
    const why = `${present.missing}, ${answers}; its Go module`;
    return {
      part: 'temporal',
      way: 'embedded',
      why,
      then: `builds it with Go ${go.version} at the first start (5 minutes, 10 and more on a small machine)`,
    };
  }
  return { part: 'temporal', way: 'none', error: unavailable([present.missing, answers, go.unfit]) };
}

/** Attaches, or fetches the binary where missing and starts the development server. */
export async function startTemporal(surroundings: StartSurroundings): Promise<TemporalServer> {
  const { environment, home, say, port: reserve, run } = surroundings;
  const { TEMPORAL_NAMESPACE: namespace, TEMPORAL_UI_URL } = readConfig(
    ['TEMPORAL_NAMESPACE', 'TEMPORAL_UI_URL'],
    environment,
  );
  const given = givenTemporal(environment);
  if (given !== undefined) {
    say(planLine(await planTemporal(surroundings)));
    await reachTemporal(given.address, environment);
    await findNamespace(given.address, given.namespace, environment);
    return {
      address: given.address,
      namespace: given.namespace,
      ...(TEMPORAL_UI_URL === undefined ? {} : { uiUrl: TEMPORAL_UI_URL }),
      port: Number(given.address.split(':').at(-1)),
      embedded: false,
    };
  }
  const binary = await haveBinary(surroundings);
  const port = await reserve(ports.temporal);
  const uiPort = await reserve(ports.temporalUi);
  const metricsPort = await reserve(ports.temporalMetrics);
  const address = `127.0.0.1:${port}`;
  const uiUrl = `http://127.0.0.1:${uiPort}`;
  await run({
    name: 'temporal',
    command: binary.path,
    arguments: [
      ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
      [
        '--metrics-port',
        String(metricsPort),
        '--ui-disable-news-fetch',
        '--log-level',
        'warn',
        '--log-format',
        'json',
      ],
      // A server does not read the file of another version. By its name in the folder: the server pastes it into a URI.
      ['--db-filename', `temporal-${binary.server}.db`],
      // With the write-ahead log this survives a SIGKILL of the server, not a power cut.
      ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=OFF'],
      namespace === 'default' ? [] : ['--namespace', namespace],
      dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
    ].flat(),
    environment: { PATH: environment.PATH, HOME: home, TMPDIR: environment.TMPDIR },
    folder: home,
    ports: { port, uiPort, metricsPort },
    stopSignal: 'SIGTERM',
    probe: async () => {
      await reachTemporal(address, {});
      const answer = await fetch(uiUrl, { signal: AbortSignal.timeout(2_000) });
      if (!answer.ok) throw new Error(`the UI answered ${answer.status}`);
    },
    readyWithinMs: 60_000,
    alive: () => writesTemporal(address, namespace),
    output: 'file',
  });
  return { address, namespace, uiUrl, port, embedded: true };
}

async function haveBinary(surroundings: StartSurroundings): Promise<TemporalBinary> {
  const present = await presentBinary(surroundings);
  if ('path' in present) {
    surroundings.say(planLine(await planTemporal(surroundings)));
    return present;
  }
  try {
    const fetched = await fetchBinary(surroundings);
    const why = `${present.missing}; server ${fetched.server} (${fetched.path})`;
    surroundings.say(planLine({ part: 'temporal', way: fetched.way, why }));
    return fetched;
  } catch (error) {
    const tried = error instanceof AggregateError ? error.errors.map(reasonOf) : [reasonOf(error)];
    throw unavailable([present.missing, ...tried]);
  }
}

function unavailable(tried: readonly string[]): PartUnavailable {
  return new PartUnavailable(
    'temporal',
    ['TEMPORAL_ADDRESS is not set', ...tried],
    [
      '`docker compose up -d temporal`, then `TEMPORAL_ADDRESS=127.0.0.1:7233 npm start`',
      process.platform === 'darwin'
        ? '`brew install temporal`, then start again'
        : 'install Go (https://go.dev/dl) or the Temporal CLI (https://docs.temporal.io/cli), so that it is on the PATH, then start again',
    ],
  );
}
