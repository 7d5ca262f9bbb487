/**
 * Kafka: attach to `KAFKA_BROKERS`, else run a private node from its jars, on a Java of this machine or of Debian's packages. It is the
 * one part that the product does without: nothing waits for its start, and where it cannot be had, the styles over it are not here.
 */
import { readConfig } from '../../adapters/config.ts';
import { pause } from '../../adapters/waiting.ts';
import { configuredTls } from '../../messaging/transports/kafka/server.ts';
import { reasonOf } from './error.ts';
import { haveJava, planJava } from './kafka-java.ts';
import { fetchJars, jarsAnswer, jarsSize, kafkaVersion, presentJars } from './kafka-jars.ts';
import { type KafkaPorts, kafkaSpec } from './kafka-node.ts';
import { answersVersions } from './kafka-probe.ts';
import { type Plan, planLine, type StartSurroundings, type Surroundings } from './part.ts';
import { ports } from './ports.ts';

/** Where Kafka is, or will be as soon as it runs. */
export type KafkaAddress = {
  brokers: string;
  port: number;
  embedded: boolean;
  /**
   * Fetches and starts it where it is ours, again and again until it runs. Called once everything else does: two cores are busy with
   * that, and a Java that starts would hold it up.
   */
  start(): void;
  /** Whether it has answered. */
  hasStarted(): boolean;
};

const decidesWithinMs = 3_000;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Says how Kafka would be had, within seconds; asks whether its jars could be downloaded, but downloads nothing. */
export async function planKafka(surroundings: Surroundings): Promise<Plan> {
  const { environment, cache } = surroundings;
  const { KAFKA_BROKERS: brokers } = readConfig(['KAFKA_BROKERS'], environment);
  if (brokers !== undefined) return { part: 'kafka', way: 'attach', why: `KAFKA_BROKERS names ${brokers}` };
  const signal = AbortSignal.timeout(decidesWithinMs);
  const jars = presentJars(cache);
  const [java, answers] = await Promise.all([
    planJava(surroundings, signal),
    jars === undefined ? jarsAnswer(environment, signal) : (true as const),
  ]);
  if ('missing' in java) {
    const install = 'or install Java 17 or newer, so that it is on the PATH';
    return notHere(java.missing, install);
  }
  if (answers !== true) return notHere(answers, 'or name a mirror of Maven Central with MAVEN_URL');
  const downloads = [
    ...('downloads' in java ? [java.downloads] : []),
    ...(jars === undefined ? [jarsSize] : []),
  ].join(' and ');
  const why = `${kafkaVersion} on ${'present' in java ? java.present.called : java.fetched}`;
  if (downloads === '') return { part: 'kafka', way: 'embedded', why };
  const then = `downloads it at the first start (${downloads}), while the rest runs`;
  return { part: 'kafka', way: 'embedded', why, then };
}

function notHere(reason: string, wayOut: string): Plan {
  const attach = '`docker compose up -d kafka` and set KAFKA_BROKERS=127.0.0.1:9092';
  return { part: 'kafka', way: 'absent', why: `KAFKA_BROKERS is not set, ${reason}: ${attach}, ${wayOut}` };
}

/** Says where Kafka will be, and starts nothing yet; undefined where it cannot be had. */
export async function prepareKafka(surroundings: StartSurroundings): Promise<KafkaAddress | undefined> {
  const { environment, say, port: reserve, alongside } = surroundings;
  const plan = await planKafka(surroundings);
  say(planLine(plan));
  if (plan.way === 'absent' || plan.way === 'none') return undefined;
  let started = false;
  const inBackground = (work: (stopping: AbortSignal) => Promise<void>) => () => {
    const stopping = new AbortController();
    const ended = work(stopping.signal).then(
      () => void (started = true),
      () => {},
    );
    alongside(async () => {
      stopping.abort();
      await ended;
    });
  };
  const hasStarted = () => started;
  const { KAFKA_BROKERS: brokers } = readConfig(['KAFKA_BROKERS'], environment);
  if (brokers !== undefined) {
    const port = Number(brokers.split(',')[0]!.split(':').at(-1));
    const start = inBackground((stopping) => untilItAnswers(brokers, surroundings, stopping));
    return { brokers, port, embedded: false, start, hasStarted };
  }
  const own = { port: await reserve(ports.kafka), controllerPort: await reserve(ports.kafkaController) };
  const start = inBackground((stopping) => untilItRuns(own, surroundings, stopping));
  return { brokers: `127.0.0.1:${own.port}`, port: own.port, embedded: true, start, hasStarted };
}

async function untilItRuns(
  own: KafkaPorts,
  surroundings: StartSurroundings,
  signal: AbortSignal,
): Promise<void> {
  await untilDone(surroundings.say, signal, async () => {
    const java = await haveJava(surroundings, signal);
    const jars = await fetchJars(surroundings, signal);
    signal.throwIfAborted();
    await surroundings.run(kafkaSpec(surroundings, java, jars, own, signal));
    surroundings.say(`Kafka     runs      at 127.0.0.1:${own.port}`);
  });
}

async function untilItAnswers(
  brokers: string,
  { environment, say }: StartSurroundings,
  signal: AbortSignal,
): Promise<void> {
  await untilDone(say, signal, async () => {
    const tls = configuredTls(environment);
    const answers = brokers.split(',').map((broker) => answersVersions(broker, tls));
    // Without a message of its own, it is told by those of its errors.
    await Promise.any(answers).catch(({ errors }: AggregateError) =>
      Promise.reject(new AggregateError(errors)),
    );
  });
}

/** Tries until it succeeds or is aborted, which rejects; each reason for a failure is said once. */
async function untilDone(
  say: (line: string) => void,
  signal: AbortSignal,
  attempt: () => Promise<void>,
): Promise<void> {
  let said = '';
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await attempt();
    } catch (error) {
      signal.throwIfAborted();
      const [reason = ''] = reasonOf(error).split('\n');
      if (reason !== said) say(`Kafka is not there yet, and is tried again: ${reason}`);
      said = reason;
      await pause(pauseMs, signal);
      signal.throwIfAborted();
    }
  }
}
