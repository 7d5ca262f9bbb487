/** `npm run dead-letters -- retell`: what was told lately is published again, and nobody acts on it a second time. */
import { strict as assert } from 'node:assert';
import type { Retold } from '../../tools/operator/retell.ts';
import { mailbox, notifiedSignup, purposesOf, uniqueRequest } from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { start } from './command.ts';

describe('npm run dead-letters -- retell', () => {
  it('publishes what was told of a signup again; whoever has had it does nothing', async () => {
    const request = uniqueRequest('choreography');
    const { id } = await notifiedSignup(request);
    await untilAtRest(id);
    const before = await sentTimes(id);
    assert.deepEqual([before.accounts?.length, before.notifications?.length], [2, 2]);

    const events = [
      { service: 'accounts', events: 2 },
      { service: 'notifications', events: 2 },
    ];
    assert.deepEqual(await retell('1h', '--signup', id, '--dry-run'), events);
    assert.deepEqual(await sentTimes(id), before, 'a dry run changes nothing');
    assert.deepEqual(await retell('1h', '--signup', id), events);

    await until('all of it to be published again', async () => {
      const now = await sentTimes(id);
      const all = (['accounts', 'notifications'] as const).flatMap((service) =>
        now[service].map((at, index) => at !== null && at > before[service][index]!),
      );
      assert.deepEqual(all, [true, true, true, true]);
      return true;
    });
    await untilAtRest(id);
    assert.deepEqual(purposesOf(await mailbox(request.email)), ['welcome']);
    assert.deepEqual(purposesOf(await mailbox(request.phone!)), ['welcome']);
  }).timeout(120_000);

  it('leaves alone what was published before that time', async () => {
    const { id } = await notifiedSignup(uniqueRequest('choreography'));
    await untilAtRest(id);
    await databaseOf('accounts').query(
      `update outbox set sent_at = sent_at - interval '2 hours' where signup_id = $1`,
      [id],
    );
    const [ofAccounts, ofMessages] = await retell('1h', '--signup', id, '--dry-run');
    assert.deepEqual([ofAccounts?.events, ofMessages?.events], [0, 2]);
  }).timeout(90_000);

  for (const words of [[], ['soon'], ['31d'], ['1h', '--signup', 'no-uuid'], ['1h', '2h']]) {
    it(`exits with 2 when called as \`retell ${words.join(' ')}\``, async () => {
      const { code, err } = await start('dead-letters', ['retell', ...words]).ended;
      assert.equal(code, 2, err);
      assert.match(err, /--help/);
    });
  }

  it('says how to start a database, or name one, where none is known', async () => {
    const nowhere = { DATABASE_URL: undefined, DUET_HOME: '/nonexistent' };
    const { code, err } = await start('dead-letters', ['retell', '1h'], nowhere).ended;
    assert.equal(code, 1);
    assert.match(err, /npm start.*DUET_HOME.*DATABASE_URL/s);
  });
});

/** Runs it as whoever operates the stack of this run. */
async function retell(...words: string[]): Promise<Retold[]> {
  const own = { DUET_HOME: theStack().home };
  const { code, out, err } = await start('dead-letters', ['retell', ...words, '--json'], own).ended;
  assert.equal(code, 0, err);
  return JSON.parse(out) as Retold[];
}

/** When each event that a service told of a signup was last published. */
async function sentTimes(id: string): Promise<Record<'accounts' | 'notifications', (string | null)[]>> {
  const [accounts, notifications] = await Promise.all(
    (['accounts', 'notifications'] as const).map(async (service) => {
      const { rows } = await databaseOf(service).query<{ at: string | null }>(
        'select sent_at as at from outbox where signup_id = $1 order by position',
        [id],
      );
      return rows.map(({ at }) => at);
    }),
  );
  return { accounts: accounts!, notifications: notifications! };
}
