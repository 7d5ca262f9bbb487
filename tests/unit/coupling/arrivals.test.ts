/** What the coupling bench reads off the file of the mailbox. */
import { strict as assert } from 'node:assert';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArrivals } from '../../../tools/bench/coupling/arrivals.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const mail = (id: string, purpose: string, second: number) =>
  JSON.stringify({
    channel: 'email',
    receivedAt: at(second),
    source: `From: duet\r\nMessage-ID: <${id}.${purpose}@duet.example>\r\n\r\nWelcome, Adä`,
  });
const sms = (id: string, second: number) =>
  JSON.stringify({ channel: 'sms', receivedAt: at(second), text: '', signupId: id, purpose: 'welcome' });

describe('Arrivals', () => {
  let folder: string;
  let file: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'duet-arrivals-'));
    file = join(folder, 'mailbox.jsonl');
    await appendFile(file, `${mail('before', 'welcome', 0)}\n${sms('before', 0)}\n`);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('notify once the welcome came over every channel, at the time of the last, the first copy of each', async () => {
    const arrivals = await openArrivals(file);
    assert.equal(await arrivals.read(), undefined);
    await appendFile(file, `${mail('a', 'welcome', 1)}\n${mail('a', 'reminder-1', 2)}\n`);
    assert.equal(await arrivals.read(), Date.parse(at(1)));
    assert.equal(arrivals.notifiedAt('a'), undefined);
    await appendFile(file, `${sms('a', 3)}\n${sms('a', 4)}\n`);
    await arrivals.read();
    assert.equal(arrivals.notifiedAt('a'), Date.parse(at(3)));
    assert.equal(arrivals.notifiedAt('before'), undefined);
  });

  it('are read once their line is whole, wherever it was cut', async () => {
    const arrivals = await openArrivals(file);
    const bytes = Buffer.from(`${sms('a', 1)}\n${mail('a', 'welcome', 2)}\n`);
    for (const byte of bytes) {
      await appendFile(file, Buffer.from([byte]));
      await arrivals.read();
    }
    assert.equal(arrivals.notifiedAt('a'), Date.parse(at(2)));
  });
});
