import { strict as assert } from 'node:assert';
import { readFile } from 'node:fs/promises';
import {
  ConfigurationError,
  readConfig,
  requireConfig,
  variables,
  type VariableName,
} from '../../adapters/config.ts';
import { environmentExample } from '../../tools/generate/environment-example.ts';

const complaintOf = (
  names: readonly VariableName[],
  source: NodeJS.ProcessEnv,
  read = readConfig,
): string => {
  try {
    read(names, source);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.message;
  }
  assert.fail(`\`${JSON.stringify(source)}\` was taken`);
};

describe('The configuration', () => {
  for (const [name, value] of [
    ['PORT', 'eighty'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PUBLIC_URL', 'duet.example'],
    ['PUBLIC_URL', 'ftp://duet.example'],
    ['DATABASE_URL', 'mysql://root@localhost/duet'],
    ['AMQP_URL', 'localhost:5672'],
    ['AMQP_MANAGEMENT_URL', 'amqp://localhost'],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_TLS', 'perhaps'],
    ['DATABASE_URL', 'postgres://ada:pass#word@db/duet'],
    ['DATABASE_URL', 'postgres://ada:%FFword@db/duet'],
    ['AMQP_URL', 'amqp:///duet'],
    ['MAIL_FROM', 'Duet'],
    ['MAIL_FROM', 'Duet, Inc <duet@duet.example>'],
    ['MAIL_FROM', 'Duet <duet>'],
    ['SMTP_URL', 'mail.example:25'],
    ['SMS_URL', 'api.twilio.com'],
    ['VERIFICATION_KEY', 'secret'],
    ['VERIFICATION_KEY', 'a'.repeat(65)],
    ['OPERATOR_TOKEN', 'too-short'],
    ['LOG_LEVEL', 'loud'],
  ] as const) {
    it(`names variable and expected form, and not the value, when ${name} is \`${value}\``, () => {
      const complaint = complaintOf([name], { [name]: value });
      assert.ok(complaint.startsWith(`${name} is wrong, expected ${variables[name].form}`), complaint);
      assert.ok(!complaint.replace(variables[name].form, '').includes(value), complaint);
    });
  }

  it('takes a key in upper case as the same one in lower case', () => {
    const { VERIFICATION_KEY } = readConfig(['VERIFICATION_KEY'], { VERIFICATION_KEY: 'ABCDEF12'.repeat(8) });
    assert.equal(VERIFICATION_KEY, 'abcdef12'.repeat(8));
  });

  for (const [name, given, password] of [
    ['DATABASE_URL', 'postgres://ada:100%off@db/duet', '100%off'],
    ['AMQP_URL', 'amqp://ada:100%25off@broker/duet', '100%off'],
    ['SMTP_URL', 'smtp://ada:half%@mail.example', 'half%'],
    ['SMTP_URL', 'smtp://ada:p@ss@mail.example', 'p@ss'],
  ] as const) {
    it(`takes \`${given}\` for a URL with the password \`${password}\``, () => {
      assert.equal(
        decodeURIComponent(new URL(readConfig([name], { [name]: given })[name]!).password),
        password,
      );
    });
  }

  for (const sender of [
    'a@b.example',
    'Duet <a@b.example>',
    '"Duet, Inc" <a@b.example>',
    'Gal·la <a@b.example>',
  ]) {
    it(`takes \`${sender}\` as a sender`, () => {
      assert.equal(readConfig(['MAIL_FROM'], { MAIL_FROM: sender }).MAIL_FROM, sender);
    });
  }

  it('names everything that is wrong in one error', () => {
    const lines = complaintOf(['PORT', 'LOG_LEVEL', 'SMTP_URL'], { PORT: 'x', SMTP_URL: 'y' }).split('\n');
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['PORT', 'SMTP_URL'],
    );
  });

  it('names everything that is missing where a process cannot do without', () => {
    const complaint = complaintOf(['PORT', 'HOST', 'DATABASE_URL'], {}, requireConfig);
    assert.match(complaint, /^PORT is not set, expected a port number/m);
    assert.match(complaint, /^DATABASE_URL is not set, expected postgres:\/\//m);
    assert.doesNotMatch(complaint, /^HOST/m, 'it has a default');
  });

  it('takes an empty variable as one that is not set', () => {
    const unset = readConfig(Object.keys(variables) as VariableName[], {});
    const empty = Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
    assert.deepEqual(readConfig(Object.keys(variables) as VariableName[], empty), unset);
    assert.match(complaintOf(['PORT'], { PORT: '' }, requireConfig), /PORT is not set/);
  });

  it('listens on loopback unless told otherwise', () => {
    assert.equal(readConfig(['HOST'], {}).HOST, '127.0.0.1');
  });

  it('reads numbers and switches as what they are', () => {
    const { PORT, TEMPORAL_TLS } = readConfig(['PORT', 'TEMPORAL_TLS'], { PORT: '0', TEMPORAL_TLS: 'false' });
    assert.strictEqual(PORT, 0);
    assert.strictEqual(TEMPORAL_TLS, false);
  });

  it('does not look at variables it was not asked for', () => {
    assert.deepEqual(readConfig(['PORT'], { PORT: '80', LOG_LEVEL: 'loud' }), { PORT: 80 });
  });
});

describe('.env.example', () => {
  const example = () => readFile(new URL('../../.env.example', import.meta.url), 'utf8');

  it('is what the configuration says (`npm run generate` writes it)', async () => {
    assert.equal(await example(), environmentExample());
  });

  it('sets nothing by itself', async () => {
    const lines = (await example()).split('\n');
    assert.deepEqual(
      lines.filter((line) => line !== '' && !line.startsWith('#')),
      [],
    );
  });
});
