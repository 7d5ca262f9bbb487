/** What a connection string means once all of it is spelled out, and what a service gets of it. */
import { strict as assert } from 'node:assert';
import pg from 'pg';
import { asRole, placeOf, spelledOut } from '../../tools/platform/postgres-address.ts';

/** As the library reads it. */
const read = (url: string) => new pg.Client({ connectionString: url });

describe('A connection string of Postgres', () => {
  for (const [given, environment, expected] of [
    ['postgres://a:b@db:6543/duet', {}, 'postgres://a:b@db:6543/duet'],
    ['postgres://db/duet?user=a&password=b%2Fc', {}, 'postgres://a:b%2Fc@db:5432/duet'],
    ['postgres://x:y@db/duet?user=a&password=b', {}, 'postgres://a:b@db:5432/duet'],
    ['postgres://a@db/duet', { PGPASSWORD: 'p@ss' }, 'postgres://a:p%40ss@db:5432/duet'],
    ['postgres://a:b@db/duet', { PGPASSWORD: 'other', PGUSER: 'other' }, 'postgres://a:b@db:5432/duet'],
    [
      'postgres:///',
      { PGHOST: 'db', PGPORT: '1', PGUSER: 'a', PGDATABASE: 'd e' },
      'postgres://a@db:1/d%20e',
    ],
    ['postgres:///duet', { USER: 'ada' }, 'postgres://ada@localhost:5432/duet'],
    ['postgres:///duet?host=/run/pg&user=a', {}, 'postgres://a@%2Frun%2Fpg:5432/duet'],
    ['postgres://a@%2Frun%2Fpg/duet', {}, 'postgres://a@%2Frun%2Fpg:5432/duet'],
    ['postgres://a@[::1]:1/duet', {}, 'postgres://a@[::1]:1/duet'],
    ['postgres://a@db/duet?host=::1', {}, 'postgres://a@[::1]:5432/duet'],
    ['postgres://a@db/duet', { PGSSLMODE: 'no-verify' }, 'postgres://a@db:5432/duet?sslmode=no-verify'],
    [
      'postgres://a@db/duet?sslmode=disable',
      { PGSSLMODE: 'require' },
      'postgres://a@db:5432/duet?sslmode=disable',
    ],
  ] as const) {
    it(`${given} with ${JSON.stringify(environment)} is ${expected}`, () => {
      assert.equal(spelledOut(given, environment), expected);
    });
  }

  it('leads a service to the same server, with its own role and none of the administrator’s options', () => {
    const admin = spelledOut('postgres:///duet?host=/run/pg&user=a&password=b&options=-c%20search_path%3Dx', {
      PGUSER: 'c',
    });
    assert.equal(read(admin).user, 'a');
    const { user, password, host, port, database, options } = read(
      asRole(admin, 'duet_x', 'secret'),
    ) as pg.Client & { options?: string };
    assert.deepEqual(
      { user, password, host, port, database, options },
      {
        user: 'duet_x',
        password: 'secret',
        host: '/run/pg',
        port: 5432,
        database: 'duet',
        options: undefined,
      },
    );
  });

  it('is shown without its secrets', () => {
    assert.equal(placeOf(spelledOut('postgres:///duet?host=/run/pg&password=b', {})), '/run/pg:5432/duet');
  });
});
