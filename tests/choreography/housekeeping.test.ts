/** What is old is removed, in batches, by however many processes; what is young or not done stays. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { removalOfOldRequests } from '../../coordinators/chain/coordinator.ts';
import { removalsOfOldNotifications } from '../../choreography/notifications.ts';
import { removalsOfEveryService, startHousekeeping } from '../../messaging/housekeeping.ts';
import { openDatabase } from '../../adapters/postgres.ts';
import { databaseOf } from '../inside.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';

const isYoung = [
  'deliveries done 29 days',
  'deliveries parked 31 days',
  'deliveries waiting 31 days',
  'outbox sent 29 days',
  'requests 29 days',
];

describe('Housekeeping', () => {
  it('removes what was sent, done or asked for 30 days ago, more than a batch of it, and nothing else', async () => {
    const mark = await rowsOfAllAges(1200);
    const problems: Error[] = [];
    // Two processes of one service, which leave the test its own connections.
    const database = openDatabase(theStack().addresses.database.accounts, { connections: 2 });
    const both = [1, 2].map(() =>
      startHousekeeping({
        database,
        removals: [...removalsOfEveryService, removalOfOldRequests],
        onProblem: (error) => problems.push(error),
        everyMs: 100,
      }),
    );
    try {
      await until('the old rows to be gone', async () => {
        const left = await kindsOf(mark);
        assert.deepEqual(left, isYoung);
        return true;
      });
      // It comes back: not all rows grow old at the same hour.
      await addRows(mark, 'outbox sent 31 days', 1);
      await until('the next round', async () => !(await kindsOf(mark)).includes('outbox sent 31 days'));
    } finally {
      await Promise.all(both.map((one) => one.stop()));
      await database.end();
    }
    assert.deepEqual(problems, []);
    assert.deepEqual(await kindsOf(mark), isYoung);
    await removeRows(mark);
  });

  it('is done by an api, which starts with it', async () => {
    const mark = await rowsOfAllAges(1);
    const api = await theStack().add('api');
    try {
      await until('the old rows to be gone', async () => {
        assert.deepEqual(await kindsOf(mark), isYoung);
        return true;
      });
    } finally {
      await api.stop();
      await removeRows(mark);
    }
  });

  it('keeps what a repeated step is compared with for 90 days, and what is not recorded for as long as it takes', async () => {
    const database = databaseOf('notifications');
    const mark = randomUUID();
    const kinds = `(values ('sent', 91), ('skipped', 91), ('claimed', 91), ('undeliverable', 89)) as kind (state, age)`;
    await database.query(
      `insert into sends (signup_id, purpose, channel, state, claimed_at)
       select $1::uuid, state, 'email', state, now() - age * interval '1 day' from ${kinds}`,
      [mark],
    );
    await database.query(
      `insert into stages (signup_id, stage, reached_at) values ($1, 'closed', now() - interval '91 days')`,
      [mark],
    );
    await database.query(
      `insert into clocks (signup_id, ahead, moved_at) values ($1, '7 days', now() - interval '91 days')`,
      [mark],
    );
    const housekeeping = startHousekeeping({
      database,
      removals: [...removalsOfEveryService, ...removalsOfOldNotifications],
      onProblem: (error) => assert.fail(error),
      everyMs: 100,
    });
    try {
      await until('the old rows to be gone', async () => {
        const { rows } = await database.query<{ kind: string }>(
          `select state as kind from sends where signup_id = $1 union select 'stage' from stages where signup_id = $1
           union select 'clock' from clocks where signup_id = $1 order by kind`,
          [mark],
        );
        assert.deepEqual(
          rows.map(({ kind }) => kind),
          ['claimed', 'undeliverable'],
        );
        return true;
      });
    } finally {
      await housekeeping.stop();
      await database.query('delete from sends where signup_id = $1', [mark]);
    }
  });

  for (const [service, table, at, where] of [
    ['accounts', 'outbox', 'sent_at', 'true'],
    ['accounts', 'deliveries', 'done_at', "state = 'done'"],
    ['accounts', 'requests', 'requested_at', 'true'],
    ['accounts', 'clocks', 'moved_at', 'true'],
    ['accounts', 'observations', 'written_at', 'true'],
    ['tracker', 'feed', 'noted_at', 'true'],
    ['tracker', 'steps', 'at', "kind <> 'parked'"],
    ['notifications', 'sends', 'claimed_at', "state <> 'claimed'"],
    ['notifications', 'stages', 'reached_at', 'true'],
  ] as const) {
    it(`finds what is old in ${service}.${table} by an index`, async () => {
      const client = await databaseOf(service).connect();
      try {
        await client.query('begin');
        // On a table of tests any plan will do: what is asked is whether an index serves it.
        await client.query('set local enable_seqscan = off');
        const { rows } = await client.query(
          `explain select ctid from ${table} where ${where} and ${at} < now() - interval '30 days' limit 500`,
        );
        const plan = JSON.stringify(rows);
        assert.match(plan, /Index Scan on \w+_(sent|done|age)/, plan);
      } finally {
        await client.query('rollback');
        client.release();
      }
    });
  }
});

/** Rows of every kind, `count` of each; they are told by the signup they are about. */
async function rowsOfAllAges(count: number): Promise<string> {
  const mark = randomUUID();
  const old = ['deliveries done 31 days', 'outbox sent 31 days', 'requests 31 days'];
  for (const kind of [...isYoung, ...old]) await addRows(mark, kind, kind.startsWith('requests') ? 1 : count);
  return mark;
}

async function addRows(mark: string, kind: string, count: number): Promise<void> {
  const [table, ...words] = kind.split(' ') as [string, ...string[]];
  const at = `now() - interval '${words.slice(-2).join(' ')}'`;
  const [state] = words as [string];
  const each = `from generate_series(1, ${count})`;
  const insert = {
    outbox: `insert into outbox (id, signup_id, key, envelope, sent_at)
             select gen_random_uuid(), $1::uuid, '${kind}', '{}', ${at} ${each}`,
    deliveries: `insert into deliveries (queue, message_id, signup_id, envelope, state, attempts, done_at)
                 select '${kind}', gen_random_uuid(), $1::uuid, '{}', '${state}', 1, ${at} ${each}`,
    // One row per signup, so the mark goes into what was asked for.
    requests: `insert into requests (signup_id, request, requested_at)
               select gen_random_uuid(), jsonb_build_object('mark', $1::text, 'kind', '${kind}'), ${at} ${each}`,
  }[table];
  await databaseOf('accounts').query(insert!, [mark]);
}

async function kindsOf(mark: string): Promise<string[]> {
  const { rows } = await databaseOf('accounts').query<{ kind: string }>(
    `select key as kind from outbox where signup_id = $1
     union select queue from deliveries where signup_id = $1
     union select request ->> 'kind' from requests where request ->> 'mark' = $1::text
     order by kind`,
    [mark],
  );
  return rows.map(({ kind }) => kind);
}

async function removeRows(mark: string): Promise<void> {
  for (const table of ['outbox', 'deliveries']) {
    await databaseOf('accounts').query(`delete from ${table} where signup_id = $1`, [mark]);
  }
  await databaseOf('accounts').query(`delete from requests where request ->> 'mark' = $1`, [mark]);
}
