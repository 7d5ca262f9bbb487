import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planKafka } from '../../tools/platform/kafka.ts';
import { answersVersions } from '../../tools/platform/kafka-probe.ts';
import { planLine } from '../../tools/platform/part.ts';

describe('Kafka', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'duet-kafka-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const closedPort = 'http://127.0.0.1:1/';

  /** A folder with a program that says it is that Java. */
  function java(version: string): string {
    const bin = join(folder, version, 'bin');
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}" 2026-01-20' >&2\n`);
    chmodSync(join(bin, 'java'), 0o755);
    return bin;
  }
  async function lineOf(environment: NodeJS.ProcessEnv): Promise<string> {
    const around = { home: folder, cache: join(folder, 'cache'), say: () => {} };
    const mirrors = { MAVEN_URL: closedPort, DEBIAN_MIRROR: closedPort };
    return planLine(await planKafka({ ...around, environment: { ...mirrors, ...environment } }));
  }

  it('is attached to where KAFKA_BROKERS names it', async () => {
    assert.equal(
      await lineOf({ KAFKA_BROKERS: 'one:9092,two:9093' }),
      'Kafka     attach    KAFKA_BROKERS names one:9092,two:9093',
    );
    for (const KAFKA_BROKERS of ['one', 'one:9092,', 'kafka://one:9092', 'one:9092, two:9092'])
      await assert.rejects(lineOf({ KAFKA_BROKERS }), /KAFKA_BROKERS is wrong, expected host:port/);
  });

  it('runs on the Java of the PATH, or of JAVA_HOME, and says what it will download', async () => {
    await using server = await answering(createHttpServer((_, response) => response.end()));
    const MAVEN_URL = `http://127.0.0.1:${server.port}`;
    const then = 'downloads it at the first start \\(45 MB\\), while the rest runs';
    assert.match(
      await lineOf({ MAVEN_URL, PATH: java('17.0.15') }),
      new RegExp(`^Kafka     embedded  4\\.4\\.0 on Java 17\\.0\\.15 \\(.*/bin/java\\); ${then}$`),
    );
    const home = join(java('25.0.1'), '..');
    assert.match(await lineOf({ MAVEN_URL, PATH: java('1.8.0'), JAVA_HOME: home }), /on Java 25\.0\.1 /);
  });

  it('is not here without a Java, nor with one that is too old, and the ways out are said', async () => {
    assert.match(
      await lineOf({ PATH: folder }),
      /^Kafka {5}not here {2}KAFKA_BROKERS is not set, `java` is not on the PATH, .*`docker compose up -d kafka`.* or install Java 17/,
    );
    assert.match(await lineOf({ PATH: java('11.0.2') }), /java is Java 11\.0\.2, and 17 or newer is needed/);
    assert.match(await lineOf({ PATH: java('1.8.0') }), /java is Java 1\.8\.0, and 17 or newer is needed/);
    assert.match(await lineOf({ PATH: folder, JAVA_HOME: folder }), /bin\/java does not run/);
  });

  it('is not here where its jars cannot be had, which is known soon', async () => {
    assert.match(
      await lineOf({ PATH: java('17.0.15') }),
      /not here .*127\.0\.0\.1:1\/.*\.jar cannot be reached .*MAVEN_URL/,
    );
    const connections = new Set<Socket>();
    await using silent = await answering(createServer((socket) => void connections.add(socket)));
    const url = `http://127.0.0.1:${silent.port}`;
    assert.match(await lineOf({ PATH: java('17.0.15'), MAVEN_URL: url }), /not here .*due to timeout/);
    for (const socket of connections) socket.destroy();
  });

  it('counts as there once it has answered, and not where something else does', async () => {
    const answer = (bytes: string) =>
      answering(
        createServer((socket) => socket.once('data', () => void socket.end(Buffer.from(bytes, 'hex')))),
      );
    await using kafka = await answer('000000060000d0e70000');
    await answersVersions(`127.0.0.1:${kafka.port}`);
    await using refusing = await answer('000000060000d0e70023');
    await assert.rejects(answersVersions(`127.0.0.1:${refusing.port}`), /the error code 35/);
    await using other = await answer(Buffer.from('HTTP/1.1 400 Bad Request').toString('hex'));
    await assert.rejects(answersVersions(`127.0.0.1:${other.port}`), /what answers is no Kafka/);
    await using curt = await answer('0000');
    await assert.rejects(answersVersions(`127.0.0.1:${curt.port}`), /it hung up/);
    await assert.rejects(answersVersions('127.0.0.1:1'), /^PlatformError: Kafka at 127\.0\.0\.1:1 does not/);
  });
});

/** A server of the test's own on a free port. */
async function answering(server: Server): Promise<{ port: number } & AsyncDisposable> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
    },
  };
}
