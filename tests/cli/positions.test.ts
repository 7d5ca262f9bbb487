/** `npm run positions`: how far services have read logs, and how they are made to read again. */
import { strict as assert } from 'node:assert';
import type { Position, Rewound } from '../../tools/operator/positions.ts';
import { until } from '../../adapters/waiting.ts';
import { mailbox, notifiedSignup, purposesOf, uniqueRequest } from '../client.ts';
import { untilAtRest } from '../inside.ts';
import { logStyles } from '../logs.ts';
import { theStack } from '../stack.ts';
import { start } from './command.ts';

for (const logStyle of logStyles) {
  const { style, log } = logStyle;
  describe(`npm run positions over ${log}`, function () {
    this.timeout(120_000);

    it('shows how far each service is, says what a rewind would do, and does it', async () => {
      const began = new Date(Date.now() - 1000).toISOString();
      const request = uniqueRequest(style);
      const { id } = await notifiedSignup(request);
      await untilAtRest(id);
      // What is left of other tests may be told at any time.
      const before = await until('all to be read', async () => {
        const now = await shown();
        return now.every(({ ahead }) => ahead === 0) && now;
      });
      assert.deepEqual([...new Set(before.map(({ service }) => service))], ['accounts', 'notifications']);
      assert.ok(before.every(({ missed }) => missed === 0));
      const behind = async () => (await shown()).filter(({ next }, index) => next < before[index]!.next);

      const would = await until('a place to go back to', async () => {
        const found = await positions<Rewound[]>('rewind', 'notifications', log, '--to-time', began);
        return found.length > 0 && found;
      });
      assert.ok(would.every(({ from, to }) => to < from));
      assert.deepEqual(await behind(), [], 'nothing is done without --yes');

      const done = await positions<Rewound[]>('rewind', 'notifications', log, '--to-time', began, '--yes');
      // Something of other tests may be in further partitions by now.
      const known = done.filter(({ partition }) => would.some((each) => each.partition === partition));
      assert.deepEqual(placesOf(known), placesOf(would));
      await until('all to be read again', async () => (await behind()).length === 0);
      await untilAtRest(id);
      assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
      assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
    });

    it('refuses what no service reads, and two places at once', async () => {
      const url = theStack().addresses.databaseAdmin;
      for (const words of [
        ['rewind', 'notifications', 'newspaper'],
        ['rewind', 'nobody', log],
        ['rewind', 'notifications', log, '--to', '0', '--to-time', '2026-11-29'],
        ['rewind', 'notifications', log, '--to-time', 'tomorrow'],
      ]) {
        const { code, err } = await start('positions', words, { DATABASE_URL: url }).ended;
        assert.equal(code, 2, err);
      }
    });

    async function shown(): Promise<(Position & { ahead: number | null })[]> {
      return (await positions<(Position & { ahead: number | null })[]>('show')).filter(
        (each) => each.log === log,
      );
    }
  });
}

const placesOf = (rewound: Rewound[]) => rewound.map(({ partition, to }) => ({ partition, to }));

async function positions<T>(...words: string[]): Promise<T> {
  const own = { DATABASE_URL: theStack().addresses.databaseAdmin };
  const { code, out, err } = await start('positions', [...words, '--json'], own).ended;
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}
