/** What a stage takes of what the user has set: nothing that names the server of somebody else. */
import { strict as assert } from 'node:assert';
import { existsSync } from 'node:fs';
import { prepareStage } from '../../../tools/lab/live-stack.ts';

describe('A stage that is prepared', () => {
  it('attaches to nothing, and says what it ignores', async () => {
    const told: string[] = [];
    const kept = {
      PORT: '9000',
      HOST: '127.0.0.1',
      TEMPORAL_DOWNLOAD_URL: 'https://mirror.example/',
      HOME: '/home/ada',
    };
    const ignored = {
      DATABASE_URL: 'postgres://db.example/duet',
      AMQP_URL: 'amqp://broker.example',
      AMQP_MANAGEMENT_URL: 'http://broker.example',
      KAFKA_BROKERS: 'kafka.example:9092',
      KAFKA_PASSWORD: 'secret',
      TEMPORAL_ADDRESS: 'temporal.example:7233',
      TEMPORAL_API_KEY: 'secret',
      SMTP_URL: 'smtp://mail.example',
      SMS_URL: 'https://sms.example',
      SMS_AUTH_TOKEN: 'secret',
    };
    const { options, close } = prepareStage({ ...kept, ...ignored }, (line) => told.push(line));
    try {
      assert.deepEqual(options.environment, kept);
      for (const name of Object.keys(ignored)) assert.ok(told.join('\n').includes(name), name);
      assert.ok(!told.join('\n').includes('secret'));
    } finally {
      await close();
    }
  });

  it('leaves no folder behind once it is closed', async () => {
    const { options, close } = prepareStage({}, () => {});
    const folder = options.processEnvironment?.['LAB_FOLDER'] ?? '';
    assert.ok(existsSync(folder));
    await close();
    assert.ok(!existsSync(folder));
  });
});
