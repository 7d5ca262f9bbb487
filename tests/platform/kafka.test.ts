/** The Kafka of a stack: real ones, each of a stack that starts nothing else. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createReadStream, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer as createRepository } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import { cacheFolder } from '../../tools/platform/folders.ts';
import { presentJars } from '../../tools/platform/kafka-jars.ts';
import { startStack, type ProcessName, type Stack } from '../../tools/platform/stack.ts';
import { processesNaming, temporaryFolder } from './stage.ts';

const { PATH, HOME, XDG_CACHE_HOME, JAVA_HOME } = process.env;
const surroundings = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH,
  HOME,
  XDG_CACHE_HOME,
  JAVA_HOME,
  ...extra,
});
const onlyKafka: ProcessName[] = ['kafka'];

describe('The Kafka of a stack', function () {
  this.timeout(90_000);
  let folder: ReturnType<typeof temporaryFolder>;
  let said: string[];
  beforeEach(() => {
    folder = temporaryFolder();
    said = [];
  });
  afterEach(() => folder[Symbol.dispose]());

  const start = (home: string, environment = surroundings(), processes = onlyKafka): Promise<Stack> =>
    startStack({ home, environment, processes, log: (line) => void said.push(line) });
  /** As `start`, where the jars are to be fetched: a repository that is too slow to say within 3 s that it has them is asked again. */
  const startFetching = (environment: NodeJS.ProcessEnv, processes = onlyKafka): Promise<Stack> =>
    until('a start that is to fetch Kafka', async () => {
      const stack = await start(join(folder.path, 'state'), environment, processes);
      if (stack.addresses.kafka !== undefined) return stack;
      await stack.stop();
      return false;
    });
  const clusterOf = (home: string) =>
    /^cluster\.id=(.+)$/m.exec(readFileSync(join(home, 'kafka/data/meta.properties'), 'utf8'))?.[1];

  it('comes back over its data after SIGKILL, and at the next start on another port', async () => {
    const home = join(folder.path, '100%20, it’s a state!');
    let controllerPort: number;
    let cluster: string | undefined;
    {
      await using stack = await start(home);
      await stack.untilReady('kafka');
      cluster = clusterOf(home);
      const was = stack.pidOf('kafka');
      await stack.kill('kafka');
      await stack.untilReady('kafka');
      assert.notEqual(stack.pidOf('kafka'), was);
      assert.equal(clusterOf(home), cluster);
      ({ controllerPort } = written(home));
    }
    const taken = createServer().listen(controllerPort, '127.0.0.1');
    try {
      await once(taken, 'listening');
      await using stack = await start(home);
      await stack.untilReady('kafka');
      assert.notEqual(written(home).controllerPort, controllerPort);
      assert.equal(clusterOf(home), cluster);
      await stack.stop();
      assert.deepEqual(processesNaming(home), []);
      await using emptied = await startStack({
        home,
        environment: surroundings(),
        processes: ['mailbox'],
        fresh: true,
      });
      assert.ok(!existsSync(join(emptied.home, 'kafka')));
    } finally {
      taken.close();
    }
  });

  it('runs beside that of a second stack', async () => {
    const homes = ['one', 'other'].map((name) => join(folder.path, name));
    const stacks = await Promise.all(homes.map((home) => start(home)));
    try {
      await Promise.all(stacks.map((stack) => stack.untilReady('kafka')));
      assert.notEqual(stacks[0]?.addresses.kafka, stacks[1]?.addresses.kafka);
      for (const { addresses, portOf } of stacks)
        assert.equal(addresses.kafka, `127.0.0.1:${portOf('kafka')}`);
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
  });

  it('is not here without a Java, which a line says, and all else is', async () => {
    const environment = surroundings({ PATH: folder.path, JAVA_HOME: '', XDG_CACHE_HOME: folder.path });
    await using stack = await start(join(folder.path, 'state'), environment, ['mailbox', 'kafka']);
    assert.ok(stack.pidOf('mailbox'));
    assert.equal(stack.addresses.kafka, undefined);
    assert.equal(stack.environmentOf('api')['KAFKA_BROKERS'], undefined);
    assert.match(said.join('\n'), /^Kafka +not here +KAFKA_BROKERS is not set, .*install Java 17/m);
    await assert.rejects(stack.untilReady('kafka'), /There is no Kafka here/);
  });

  it('is waited for where it is attached to and does not answer yet, and a line says so', async () => {
    const environment = surroundings({ KAFKA_BROKERS: '127.0.0.1:1', KAFKA_USERNAME: 'ada' });
    await using stack = await start(join(folder.path, 'state'), environment, ['mailbox', 'kafka']);
    const { KAFKA_BROKERS, KAFKA_USERNAME } = stack.environmentOf('accounts');
    assert.deepEqual([KAFKA_BROKERS, KAFKA_USERNAME], ['127.0.0.1:1', 'ada']);
    assert.equal(stack.environmentOf('tracker')['KAFKA_BROKERS'], undefined);
    await until('the line', () => said.some((line) => /not there yet.*127\.0\.0\.1:1 does not/.test(line)));
  });

  it('is fetched again where that failed, while all else runs', async () => {
    const jars = presentJars(cacheFolder(process.env))!;
    let failing = true;
    const repository = createRepository(({ method, url = '' }, response) => {
      if (method === 'HEAD') response.end();
      else if (failing) response.writeHead(503).end();
      else createReadStream(join(jars, basename(url))).pipe(response);
    }).listen(0, '127.0.0.1');
    await once(repository, 'listening');
    const MAVEN_URL = `http://127.0.0.1:${(repository.address() as AddressInfo).port}`;
    const environment = surroundings({ XDG_CACHE_HOME: folder.path, MAVEN_URL });
    try {
      await using stack = await startFetching(environment, ['mailbox', 'kafka']);
      assert.ok(stack.pidOf('mailbox'));
      assert.equal(stack.environmentOf('api')['KAFKA_BROKERS'], stack.addresses.kafka);
      await until('the failure', () => said.some((line) => /tried again: .* answered 503/.test(line)));
      failing = false;
      await stack.untilReady('kafka');
      assert.match(said.at(-1) ?? '', /^Kafka {5}runs {6}at 127\.0\.0\.1:\d+$/);
    } finally {
      repository.close();
    }
  });

  it('leaves nothing behind where the stack is stopped while it is fetched', async () => {
    const repository = createRepository(({ method }, response) => {
      if (method === 'HEAD') response.end();
      else response.write('the beginning');
    }).listen(0, '127.0.0.1');
    await once(repository, 'listening');
    const MAVEN_URL = `http://127.0.0.1:${(repository.address() as AddressInfo).port}`;
    const environment = surroundings({ XDG_CACHE_HOME: folder.path, MAVEN_URL });
    const cache = cacheFolder(environment);
    try {
      const stack = await startFetching(environment);
      await until('a download', () => readdirSync(join(cache, 'kafka-4.4.0')).length > 0);
      await stack.stop();
      assert.deepEqual(readdirSync(join(cache, 'kafka-4.4.0')), []);
      assert.deepEqual(
        readdirSync(cache).filter((name) => name.endsWith('.lock')),
        [],
      );
    } finally {
      repository.closeAllConnections();
      repository.close();
    }
  });

  it('is formatted anew where the stack was stopped meanwhile', async () => {
    const home = join(folder.path, 'state');
    const stack = await start(home);
    await until('its data folder', () => readdirSync(join(home, 'kafka')).includes('server.properties'));
    await stack.stop();
    assert.deepEqual(processesNaming(home), []);
    rmSync(join(home, 'kafka', 'formatted'), { force: true });
    await using again = await start(home);
    await again.untilReady('kafka');
  });

  function written(home: string): { controllerPort: number } {
    const { processes } = JSON.parse(readFileSync(join(home, 'stack.json'), 'utf8')) as {
      processes: { kafka: { controllerPort: number } };
    };
    return processes.kafka;
  }
});
