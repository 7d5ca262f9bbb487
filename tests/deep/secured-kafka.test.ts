/** Attaching to a Kafka that asks for TLS and a login, and what is said where that fails. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import type { KafkaServer } from '../../messaging/transports/kafka/server.ts';
import { kafkaLog } from '../../messaging/transports/kafka/kafka.ts';
import { startStack } from '../../tools/platform/stack.ts';
import { notifiedSignup, uniqueRequest } from '../client.ts';
import { activated } from '../messaging/ways.ts';
import { onOwnStack } from '../own-stack.ts';
import { temporaryFolder } from '../platform/stage.ts';
import { startSecuredKafka, type SecuredKafka } from './secured-kafka.ts';

describe('A Kafka that asks for TLS and a login', function () {
  this.timeout(120_000);
  let kafka: SecuredKafka;
  let server: KafkaServer & { tls: { ca: string } };
  before(async () => {
    kafka = await startSecuredKafka();
    server = { brokers: [kafka.broker], tls: { ca: readFileSync(kafka.caPath, 'utf8') } };
  });
  after(() => kafka[Symbol.asyncDispose]());

  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256'] as const) {
    it(`takes events after a login by ${mechanism}`, async () => {
      const log = await opened({ ...server, sasl: { mechanism, ...kafka.login } });
      try {
        await until('a connection', () => log.isConnected());
        await log.publish([activated()]);
      } finally {
        await log.close();
      }
    });
  }

  const password = 'wrong';
  const complaints: [string, () => KafkaServer, RegExp][] = [
    ...(['PLAIN', 'SCRAM-SHA-256'] as const).map((mechanism): [string, () => KafkaServer, RegExp] => [
      `a wrong password by ${mechanism}`,
      () => ({ ...server, sasl: { mechanism, ...kafka.login, password } }),
      /^127\.0\.0\.1:\d+: SASL authentication failed\. \(KAFKA_USERNAME or KAFKA_PASSWORD is wrong\)$/,
    ]),
    [
      'a mechanism that it does not have',
      () => ({ ...server, sasl: { mechanism: 'SCRAM-SHA-512', ...kafka.login } }),
      /does not support the requested SASL mechanism.*KAFKA_SASL_MECHANISM/,
    ],
    ['no login', () => server, /Connection closed.*KAFKA_SASL_MECHANISM/],
    ['no TLS', () => ({ brokers: server.brokers }), /requires TLS.*KAFKA_TLS/],
    [
      'a certificate of an authority that is not known',
      () => ({ ...server, tls: {}, sasl: { mechanism: 'PLAIN', ...kafka.login } }),
      /^127\.0\.0\.1:\d+: self-signed certificate.*KAFKA_TLS_CA_PATH/,
    ],
    ['a broker that is not there', () => ({ brokers: ['127.0.0.1:1'] }), /ECONNREFUSED 127\.0\.0\.1:1$/],
    [
      'a broker that says it is elsewhere',
      () => ({ brokers: [kafka.elsewhere] }),
      /ECONNREFUSED 127\.0\.0\.1:1 \(that is where Kafka says that a broker is.*advertised\.listeners/,
    ],
  ];
  for (const [what, to, says] of complaints) {
    it(`is told of where there is ${what}`, async () => {
      const told = await problemOf(to());
      // Of all attempts one is told of, and that one may have met the time limit of a connection.
      assert.match(/timed out/i.test(told) ? await problemOf(to()) : told, says);
    });
  }

  it('is told of by the start of a stack, too, which waits for it', async () => {
    using folder = temporaryFolder();
    const { PATH, HOME, XDG_CACHE_HOME } = process.env;
    const said: string[] = [];
    const environment = { PATH, HOME, XDG_CACHE_HOME, KAFKA_BROKERS: kafka.broker, KAFKA_TLS: 'true' };
    await using _ = await startStack({
      home: join(folder.path, 'state'),
      environment,
      processes: ['mailbox', 'kafka'],
      log: (line) => void said.push(line),
    });
    await until('the line', () =>
      said.some((line) => /not there yet.*self-signed certificate.*KAFKA_TLS_CA_PATH/.test(line)),
    );
  });

  describe('with a stack attached', () => {
    const environment: Record<string, string> = {};
    before(() => {
      const { username, password: right } = kafka.login;
      Object.assign(environment, {
        KAFKA_BROKERS: kafka.broker,
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA_PATH: kafka.caPath,
        KAFKA_SASL_MECHANISM: 'SCRAM-SHA-256',
        KAFKA_USERNAME: username,
        KAFKA_PASSWORD: right,
      });
    });
    onOwnStack({ environment });

    it('carries a signup to its end', async () => {
      await notifiedSignup(uniqueRequest('stream-kafka'));
    });
  });
});

/** What a client is told of that cannot connect. */
async function problemOf(to: KafkaServer): Promise<string> {
  const problems: string[] = [];
  const log = await opened(to, problems);
  try {
    const told = await until('a problem', () => problems[0]);
    assert.equal(log.isConnected(), false);
    await assert.rejects(log.publish([activated()]));
    return told;
  } finally {
    await log.close();
  }
}

function opened(to: KafkaServer, problems: string[] = []) {
  const topic = `place.${randomUUID().slice(0, 8)}`;
  const onProblem = (_: string, error: Error) => void problems.push(error.message);
  return kafkaLog({ server: to, topic }).open({ service: 'accounts', onProblem });
}
