/**
 * What every process of ours does alike: logs as JSON lines, answers health checks and gives its metrics, stops in order on
 * SIGTERM and SIGINT, and says in one line why it could not start.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { createLog } from '../../adapters/log.ts';
import { ConfigurationError, requireConfig, type Config, type VariableName } from '../../adapters/config.ts';
import { foreignTo, turnAway } from '../../http/guard.ts';
import { createMetrics, type Metrics } from './metrics.ts';

/** The variables of every process. */
type Common = 'PORT' | 'LOG_LEVEL';

/** What a process starts with. */
export type Given<N extends VariableName> = { config: Config<Common | N>; log: Logger; metrics: Metrics };

/** What a process gives back once it runs. `notReady` names what is missing, if anything. */
export type Running = {
  notReady(): string | undefined;
  stop(): Promise<void>;
  /** Answers a request that is for a route of its own; returns whether it was. */
  door?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
};

/** Longest orderly stop; the supervisor gives all processes 10 s. */
const stopWithinMs = 8000;

/**
 * Runs `start` as the process `name`, until it is told to stop. All it `needs` is read before, so that one error tells everything
 * that is wrong. With `health`, serves health checks and metrics on `PORT`.
 */
export async function runProcess<N extends VariableName>(
  name: string,
  needs: readonly N[],
  start: (given: Given<N>) => Promise<Running>,
  { health = true }: { health?: boolean } = {},
): Promise<void> {
  const log = createLog(name, 'info');
  // Printed by Node, it would be a line of the log that nobody made.
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'an error that nothing caught');
    process.exit(1);
  });
  const metrics = createMetrics(name);
  try {
    const config: Config<Common | N> = requireConfig(['PORT', 'LOG_LEVEL', ...needs]);
    log.level = config.LOG_LEVEL;
    const running = await start({ config, log, metrics });
    const server = health ? await serveHealth(config.PORT, running, metrics) : undefined;
    log.info('ready');
    stopOnSignal(log, async () => {
      await running.stop();
      server?.close();
    });
  } catch (error) {
    if (error instanceof ConfigurationError) log.fatal(error.message);
    else log.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}

function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info(`stopping on ${signal}`);
    setTimeout(() => {
      log.error(`not stopped within ${stopWithinMs} ms, giving up`);
      process.exit(1);
    }, stopWithinMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function serveHealth(port: number, running: Running, metrics: Metrics) {
  const server = createServer((request, response) => {
    const foreign = foreignTo(request);
    if (foreign !== undefined) return turnAway(response, foreign);
    if (running.door?.(request, response)) return;
    if (request.url === '/metrics') return void answerMetrics(response, metrics);
    if (request.url === '/health/live') return answerHealth(response, undefined);
    if (request.url === '/health/ready') return answerHealth(response, running.notReady());
    response.writeHead(404).end();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return server;
}

function answerHealth(response: ServerResponse, missing: string | undefined): void {
  response.writeHead(missing === undefined ? 200 : 503, { 'content-type': 'application/json' });
  response.end(JSON.stringify(missing === undefined ? { status: 'up' } : { status: 'down', missing }));
}

async function answerMetrics(response: ServerResponse, metrics: Metrics): Promise<void> {
  const { contentType, text } = await metrics.scrape();
  response.writeHead(200, { 'content-type': contentType }).end(text);
}
