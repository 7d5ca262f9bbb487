/**
 * A private Kafka: one process that is broker and controller, its data in the state folder, on loopback. Its settings are those of one
 * machine: a copy of everything, and a memory of 256 MB.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Java } from './kafka-java.ts';
import { answersVersions } from './kafka-probe.ts';
import type { StartSurroundings } from './part.ts';
import { privately } from './private-files.ts';
import type { ProcessSpec } from './process-spec.ts';
import { runTracked } from './tracked-runs.ts';

/** The ports of a node of ours. */
export type KafkaPorts = { port: number; controllerPort: number };

/** How the node is started from those jars; its data folder is made at its first start, unless the signal ends that. */
export function kafkaSpec(
  { home, environment, track }: Pick<StartSurroundings, 'home' | 'environment' | 'track'>,
  java: Java,
  jars: string,
  ports: KafkaPorts,
  signal: AbortSignal,
): ProcessSpec {
  const folder = join(home, 'kafka');
  const inFolder = (name: string) => join(folder, name);
  const settings = inFolder('server.properties');
  const run = [...machine, '-cp', join(jars, '*')];
  const around = {
    // Where there is no other language, Java cannot open a file whose name is not in English.
    environment: { PATH: environment.PATH, HOME: folder, LANG: 'C.UTF-8' },
    folder,
  };
  return {
    ...around,
    name: 'kafka',
    command: java.program,
    arguments: [...run, 'kafka.Kafka', settings],
    ports,
    stopSignal: 'SIGTERM',
    probe: () => answersVersions(`127.0.0.1:${ports.port}`),
    readyWithinMs: 60_000,
    alive: () => answersVersions(`127.0.0.1:${ports.port}`),
    output: 'file',
    async beforeStart() {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      writeFileSync(settings, propertiesOf(ports), { mode: 0o600 });
      writeFileSync(inFolder('log4j2.properties'), logging, { mode: 0o600 });
      // Formatting that was interrupted begins again.
      if (existsSync(inFolder('formatted'))) return;
      rmSync(inFolder('data'), { recursive: true, force: true });
      const words = ['format', '--cluster-id', clusterId(), '--config', settings];
      const tool = [...run, 'kafka.tools.StorageTool', ...words];
      await privately(() => runTracked(java.program, tool, { ...around, track, signal }));
      writeFileSync(inFolder('formatted'), '', { mode: 0o600 });
    },
  };
}

/** The virtual machine: small, soon up, and without files of its own elsewhere. */
const machine: readonly string[] = [
  '-Xms64m',
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:-UsePerfData',
  // Read as a URI, so that a path with `%` in it would not be found; it runs in that folder.
  '-Dlog4j2.configurationFile=log4j2.properties',
];

const logging = `
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.name = console
appender.console.type = Console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1}: %m%n
`;

function propertiesOf({ port, controllerPort }: KafkaPorts): string {
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`;
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners,
    'advertised.listeners': listeners,
    'controller.listener.names': 'CONTROLLER',
    // By its address here, not by one in the data: the next start may have to take another port.
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    // In the folder that it runs in: a path may hold what separates two.
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 3000,
    // A broker that was killed may come back at once instead of after 9 s (KAFKA-19130, KAFKA-19047).
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
    'log.cleaner.dedupe.buffer.size': 4_194_304,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** 16 bytes as Kafka writes them; a dash in front would be read as an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}
