/** A Kafka with a certificate of its own making, which takes only those who log in; and with a listener that says it is elsewhere. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../adapters/waiting.ts';
import { cacheFolder } from '../../tools/platform/folders.ts';
import { presentJars } from '../../tools/platform/kafka-jars.ts';
import { haveJava } from '../../tools/platform/kafka-java.ts';
import { answersVersions } from '../../tools/platform/kafka-probe.ts';
import { temporaryFolder } from '../platform/stage.ts';

const run = promisify(execFile);

const keystore = { file: 'kafka.p12', password: 'changeit' };

export type SecuredKafka = AsyncDisposable & {
  broker: string;
  /** A broker that answers here, and says that it is where nothing is. */
  elsewhere: string;
  /** The file of the authority that its certificate is from. */
  caPath: string;
  login: { username: string; password: string };
};

/** Starts it. */
export async function startSecuredKafka(): Promise<SecuredKafka> {
  const folder = temporaryFolder();
  const cache = cacheFolder(process.env);
  const surroundings = { environment: process.env, home: folder.path, cache, say: () => {} };
  const java = await haveJava(surroundings, AbortSignal.timeout(60_000));
  const [secured, elsewhere, controller] = await Promise.all([freePort(), freePort(), freePort()]);
  const login = { username: 'ada', password: 'lovelace' };
  const caPath = join(folder.path, 'ca.pem');
  const inFolder = { cwd: folder.path, env: { PATH: process.env['PATH'], LANG: 'C.UTF-8' } };
  const kafka = ['-Xmx256m', '-XX:TieredStopAtLevel=1', '-cp', join(presentJars(cache)!, '*')];

  const keytool = async (command: string) => {
    const words = ['sun.security.tools.keytool.Main', ...command.split(' '), '-alias', 'kafka'];
    const store = ['-keystore', keystore.file, '-storepass', keystore.password];
    return (await run(java.program, [...words, ...store], inFolder)).stdout;
  };
  await keytool(
    '-genkeypair -keyalg EC -groupname secp256r1 -dname CN=kafka -ext SAN=ip:127.0.0.1,dns:localhost -validity 2 -storetype PKCS12',
  );
  writeFileSync(caPath, await keytool('-exportcert -rfc'));
  writeFileSync(
    join(folder.path, 'server.properties'),
    propertiesOf({ secured, elsewhere, controller }, login),
  );
  const scram = `SCRAM-SHA-256=[name=${login.username},password=${login.password}]`;
  const format = ['format', '--cluster-id', 'MkU3OEVBNTcwNTJENDM2Qk', '--config', 'server.properties'];
  await run(java.program, [...kafka, 'kafka.tools.StorageTool', ...format, '--add-scram', scram], inFolder);
  const server = spawn(java.program, [...kafka, 'kafka.Kafka', 'server.properties'], {
    ...inFolder,
    stdio: 'ignore',
  });
  const broker = `127.0.0.1:${secured}`;
  await until('the Kafka to answer', async () => {
    await answersVersions(`127.0.0.1:${elsewhere}`);
    return true;
  });
  return {
    broker,
    elsewhere: `127.0.0.1:${elsewhere}`,
    caPath,
    login,
    async [Symbol.asyncDispose]() {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      folder[Symbol.dispose]();
    },
  };
}

function propertiesOf(
  ports: { secured: number; elsewhere: number; controller: number },
  { username, password }: SecuredKafka['login'],
): string {
  const plain = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule';
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `SECURED://127.0.0.1:${ports.secured},ELSEWHERE://127.0.0.1:${ports.elsewhere},CONTROLLER://127.0.0.1:${ports.controller}`,
    'advertised.listeners': `SECURED://127.0.0.1:${ports.secured},ELSEWHERE://127.0.0.1:1,CONTROLLER://127.0.0.1:${ports.controller}`,
    'listener.security.protocol.map': 'SECURED:SASL_SSL,ELSEWHERE:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'SECURED',
    'sasl.mechanism.inter.broker.protocol': 'PLAIN',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256',
    'listener.name.secured.plain.sasl.jaas.config': `${plain} required username="broker" password="b" user_broker="b" user_${username}="${password}";`,
    'listener.name.secured.scram-sha-256.sasl.jaas.config': `${scram} required;`,
    'ssl.keystore.type': 'PKCS12',
    'ssl.keystore.location': keystore.file,
    'ssl.keystore.password': keystore.password,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': 'ca.pem',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${ports.controller}`,
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'offsets.topic.num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 3000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
