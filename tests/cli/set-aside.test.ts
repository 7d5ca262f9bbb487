/** `npm run dead-letters` over logs: what a service could not read is seen, appended again, or dropped. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { DeadLetter, SetAsideQueue } from '../../tools/operator/dead-letters.ts';
import { placeAside } from '../../messaging/transports/log/log.ts';
import { until } from '../../adapters/waiting.ts';
import { logStyles } from '../logs.ts';
import { theStack } from '../stack.ts';
import { start } from './command.ts';

for (const { log, on } of logStyles) {
  const places = [placeAside('accounts', log), placeAside('notifications', log)] as const;
  const [place, other] = places;

  describe(`npm run dead-letters over ${log}`, function () {
    this.timeout(120_000);
    beforeEach(async () => {
      for (const each of places) await command('drop', each, '--yes');
    });

    it('lists, shows, redrives and drops a record that nobody can read', async () => {
      const marker = randomUUID();
      const token = `https://x.example/verify/${randomUUID()}.c2VjcmV0`;
      await on(({ append }) => append(1, `not JSON ${marker} ${token}`));
      for (const each of places) await untilListed(each, 1);

      const [letter] = await command<DeadLetter[]>('show', place);
      assert.equal(letter?.reason, 'the message is not JSON');
      assert.match(letter.body, new RegExp(marker));
      assert.doesNotMatch(JSON.stringify(letter), /c2VjcmV0/, 'the link is not shown');
      assert.ok(Math.abs(Date.parse(letter.at!) - Date.now()) < 120_000, `set aside at ${letter.at}`);

      const to = `the log ${log}`;
      const dry = await command('redrive', place, '--dry-run');
      assert.deepEqual(dry, [{ queue: place, to, redriven: 0, left: 1 }]);
      assert.deepEqual(await command('redrive', place), [{ queue: place, to, redriven: 1, left: 0 }]);
      // It comes to every service again.
      await untilListed(place, 1);
      await untilListed(other, 2);

      await command('drop', place, '--yes');
      await untilListed(place, 0);
    });
  });

  async function untilListed(queue: string, messages: number): Promise<void> {
    await until(`${queue} to hold ${messages}`, async () => {
      const listed = await command<SetAsideQueue[]>('list');
      return listed.find((each) => each.queue === queue)?.messages === messages;
    });
  }
}

async function command<T>(...words: string[]): Promise<T> {
  const own = { DATABASE_URL: theStack().addresses.databaseAdmin };
  const { code, out, err } = await start('dead-letters', [...words, '--json'], own).ended;
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}
