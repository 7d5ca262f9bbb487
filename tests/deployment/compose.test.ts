/** `docker-compose.yml` and `Dockerfile`: not run here, so checked for the mistakes that matter and against what Duet reads. */
import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { readConfig, variables, type VariableName } from '../../adapters/config.ts';

type Service = {
  image?: string;
  build?: string;
  environment?: Record<string, string>;
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test: string[] };
  profiles?: string[];
  depends_on?: Record<string, { condition: string }>;
};
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> };

const root = new URL('../../', import.meta.url);
const textOf = (path: string) => readFile(new URL(path, root), 'utf8');
const text = await textOf('docker-compose.yml');
const compose = parse(text) as Compose;
const { services } = compose;
const parts = Object.entries(services).filter(([, { profiles }]) => profiles === undefined);

/** The keys in use: Compose takes no others, so a misspelt one would be an error on the first start. */
const keys = {
  file: ['name', 'services', 'volumes'],
  service: [
    'image',
    'build',
    'command',
    'hostname',
    'init',
    'stop_grace_period',
    'profiles',
    'environment',
    'ports',
    'volumes',
    'healthcheck',
    'depends_on',
  ],
  healthcheck: ['test', 'interval', 'timeout', 'retries'],
};

/** What a value comes to where none of the variables in it is set. */
const withDefaults = (value: string) => value.replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');

/** The port in an address: the last number after a colon. */
const portIn = (address: string) => /:(\d+)(?:\/|$)/.exec(address.replace(/^\w+:\/\//, ''))?.[1];

/** Fails unless the values are as the configuration expects them, under names that it knows. */
function assertKnown(environment: Record<string, string>): void {
  const names = Object.keys(environment);
  assert.deepEqual(
    names.filter((name) => !Object.hasOwn(variables, name)),
    [],
  );
  readConfig(names as VariableName[], environment);
}

describe('docker-compose.yml', () => {
  it('has only keys that Compose knows', () => {
    const unknown = (of: object, known: readonly string[]) =>
      Object.keys(of).filter((key) => !known.includes(key));
    assert.deepEqual(unknown(compose, keys.file), []);
    for (const [name, service] of Object.entries(services)) {
      assert.deepEqual(unknown(service, keys.service), [], name);
      assert.deepEqual(unknown(service.healthcheck ?? {}, keys.healthcheck), [], name);
    }
  });

  it('brings up exactly the five parts, and Duet only when asked for', () => {
    assert.deepEqual(parts.map(([name]) => name).toSorted(), [
      'kafka',
      'mailpit',
      'postgres',
      'rabbitmq',
      'temporal',
    ]);
    assert.deepEqual(services['duet']?.profiles, ['app']);
  });

  for (const [name, { image, healthcheck }] of parts) {
    it(`pins the version of ${name} and checks its health`, () => {
      assert.match(image ?? '', /^[\w/]+:v?\d+\.\d+(\.\d+)?(-\w+)?$/);
      assert.equal(healthcheck?.test[0], 'CMD');
    });
  }

  it('publishes every port on loopback only', () => {
    for (const [name, { ports = [] }] of Object.entries(services)) {
      assert.ok(ports.length > 0, name);
      for (const port of ports) assert.match(port, /^127\.0\.0\.1:(\d+):\1$/, name);
    }
  });

  it('keeps what the parts store, in volumes that are declared', () => {
    const used = Object.values(services).flatMap(({ volumes = [] }) =>
      volumes.map((one) => one.split(':')[0]),
    );
    assert.deepEqual(used.toSorted(), Object.keys(compose.volumes).toSorted());
  });

  it('says at its top how to attach, with variables that Duet knows and ports that are published', () => {
    const attach = Object.fromEntries(
      [...text.matchAll(/^# {3}([A-Z_]+)=(\S+) \\$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
    for (const name of [
      'DATABASE_URL',
      'AMQP_URL',
      'AMQP_MANAGEMENT_URL',
      'KAFKA_BROKERS',
      'TEMPORAL_ADDRESS',
      'SMTP_URL',
    ])
      assert.ok(attach[name], name);
    assertKnown(attach);
    const ports = new Set(
      parts.flatMap(([, service]) => (service.ports ?? []).map((port) => port.split(':')[1])),
    );
    for (const [name, value] of Object.entries(attach))
      assert.ok(ports.has(portIn(value)), `${name}=${value}`);
  });
});

describe('The service `duet`', () => {
  const { environment = {}, build, depends_on: needs = {} } = services['duet'] ?? {};
  const defaults = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, withDefaults(value)]),
  );

  it('sets only variables that Duet knows, to values that it takes', () => assertKnown(defaults));

  it('takes what a user sets from outside as Duet takes it', () => {
    const set = { OPERATOR_TOKEN: 'a-token-of-operators', PUBLIC_URL: 'https://duet.example' };
    for (const name of Object.keys(set))
      assert.match(environment[name] ?? '', new RegExp(`^\\$\\{${name}:-`));
    assertKnown({ ...defaults, ...set });
  });

  it('listens where the published port leads', () => {
    assert.equal(defaults['HOST'], '0.0.0.0');
    assert.deepEqual(services['duet']?.ports, [`127.0.0.1:${defaults['PORT']}:${defaults['PORT']}`]);
  });

  it('attaches to every part by its name, with the logins it was given, once it is healthy', () => {
    for (const [name] of parts) {
      assert.deepEqual(needs[name], { condition: 'service_healthy' });
      assert.ok(
        Object.values(defaults).some((value) => new RegExp(`(^|[/@])${name}:\\d+`).test(value)),
        name,
      );
    }
    const { POSTGRES_PASSWORD, POSTGRES_DB } = services['postgres']?.environment ?? {};
    assert.equal(
      defaults['DATABASE_URL'],
      `postgres://postgres:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`,
    );
    const { RABBITMQ_DEFAULT_USER: user, RABBITMQ_DEFAULT_PASS: password } =
      services['rabbitmq']?.environment ?? {};
    assert.equal(defaults['AMQP_URL'], `amqp://${user}:${password}@rabbitmq:5672`);
  });

  it('is built from the Dockerfile, which pins its base and leaves root', async () => {
    assert.equal(build, '.');
    const dockerfile = await textOf('Dockerfile');
    assert.match(dockerfile, /^FROM node:\d+\.\d+-slim$/m);
    assert.match(dockerfile, /^RUN npm ci /m);
    const [, ports] = /^ENV .*PORT=(\d+)/m.exec(dockerfile) ?? [];
    assert.equal(ports, defaults['PORT']);
    const user = dockerfile.search(/^USER node$/m);
    assert.ok(user > 0 && user < dockerfile.search(/^CMD /m), 'nothing runs as root');
    assert.match(dockerfile, /^HEALTHCHECK [\s\S]*\/health\/ready/m);
  });
});
