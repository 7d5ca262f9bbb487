import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a process of ours with nothing but these variables, until it ends; returns what it says, and with which code it ended. */
function runOf(
  process: string,
  variables: Record<string, string>,
): Promise<{ said: string[]; code: unknown }> {
  const file = fileURLToPath(new URL(`../../workers/${process}.ts`, import.meta.url));
  return new Promise((resolve) => {
    execFile(globalThis.process.execPath, [file], { env: variables, timeout: 30_000 }, (error, stdout) => {
      const lines = stdout.split('\n').filter(Boolean);
      const said = lines.flatMap((line) => (JSON.parse(line) as { msg: string }).msg.split('\n'));
      resolve({ said, code: error?.code });
    });
  });
}

/** A database that does not answer: a process that waits for it says nothing of its variables. */
const DATABASE_URL = 'postgres://duet@127.0.0.1:1/duet';

describe('A process that cannot start', () => {
  const wrong = { DATABASE_URL, LOG_LEVEL: 'loud', RETRY_ATTEMPTS: 'many', RETRY_FIRST_MS: '0' };
  const ofEach = ['LOG_LEVEL', 'PORT', 'RETRY_ATTEMPTS', 'RETRY_FIRST_MS'];
  const complained = [...ofEach, 'AMQP_URL', 'PUBLIC_URL', 'SERVICE_TOKEN'];

  for (const [process, complaints] of [
    ['accounts', [...complained, 'NOTIFICATIONS_URL', 'VERIFICATION_KEY', 'WORKFLOW_BUNDLE']],
    ['api', [...complained, 'CLOCK_DATABASE_URL', 'NOTIFICATIONS_URL', 'VERIFICATION_KEY']],
    ['notifications', [...complained, 'SMS_URL', 'SMTP_URL']],
  ] as const) {
    it(`says at once all that is wrong or missing: ${process}`, async () => {
      const { said, code } = await runOf(process, wrong);
      const named = said.map((line) => line.split(' ')[0]);
      assert.deepEqual(named.toSorted(), complaints.toSorted(), said.join('\n'));
      assert.equal(code, 1);
    });
  }

  it('says that it knows no way to Temporal before it waits for its database', async () => {
    const { said, code } = await runOf('tracker', { PORT: '0', DATABASE_URL });
    assert.deepEqual(said, ['TEMPORAL_ADDRESS is not set, expected host:port']);
    assert.equal(code, 1);
  });
});
