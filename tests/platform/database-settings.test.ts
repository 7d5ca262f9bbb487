/**
 * Databases that are given: one with settings of its own, in a language of its own, and an address that brings more of them works as
 * any other; one with tables of Duet 0.4 is brought up to date, one with older tables is refused.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { accountSteps } from '../../activities/accounts.ts';
import { inTransaction, openDatabase } from '../../adapters/postgres.ts';
import { styles } from '../../domain/signup.ts';
import { provisionPostgres } from '../../tools/platform/provision/postgres.ts';
import { migrate } from '../../adapters/migrate.ts';
import { theStack } from '../stack.ts';
import { query } from './stage.ts';

const at = '2026-11-28T12:34:56.789Z';

describe('A database with settings of its own', function () {
  this.timeout(60_000);
  const name = `turkish_${randomUUID().replaceAll('-', '_')}`;

  before(() =>
    asAdmin([
      `create database ${name} template template0 locale_provider icu icu_locale 'tr-TR' locale 'C'`,
      `alter database ${name} set datestyle = 'German'`,
      `alter database ${name} set intervalstyle = 'sql_standard'`,
      `alter database ${name} set timezone = 'Asia/Kolkata'`,
      `alter database ${name} set standard_conforming_strings = off`,
      `alter database ${name} set default_transaction_isolation = 'serializable'`,
    ]),
  );
  after(() => asAdmin([`drop database ${name} with (force)`]));

  it('keeps times as they are, and knows an address again whatever its case', async () => {
    const url = new URL(theStack().addresses.databaseAdmin);
    url.pathname = `/${name}`;
    url.searchParams.set('options', '-c search_path=elsewhere -c datestyle=SQL,DMY');
    const { accounts } = (await provisionPostgres(url.href, false)).database;
    await migrate(accounts, 'accounts', (reason) => assert.fail(reason));
    const database = openDatabase(accounts, { connections: 1 });
    const steps = accountSteps({ key: '0'.repeat(64), publicUrl: 'http://localhost' });
    const open = (email: string) =>
      inTransaction(database, (transaction) =>
        steps.openAccount(transaction, { signupId: randomUUID(), style: 'choreography', at, email }),
      );
    try {
      const opened = await open('INFO@example.com');
      assert.ok('ok' in opened);
      assert.deepEqual([opened.ok.openedAt, opened.ok.verifyBy], [at, '2026-12-05T12:34:56.789Z']);
      const again = await open('info@example.com');
      assert.ok('refused' in again && again.refused === 'email-taken');
      const { rows } = await database.query('show default_transaction_isolation');
      assert.deepEqual(rows, [{ default_transaction_isolation: 'read committed' }]);
    } finally {
      await database.end();
    }
  });
});

describe('A database with tables of Duet 0.3', function () {
  this.timeout(60_000);
  const name = `older_${randomUUID().replaceAll('-', '_')}`;

  before(() => asAdmin([`create database ${name}`]));
  after(() => asAdmin([`drop database ${name} with (force)`]));

  it('is refused in one sentence, as it is', async () => {
    const url = new URL(`/${name}`, theStack().addresses.databaseAdmin).href;
    const schemas = `select nspname from pg_namespace where nspname !~ '^pg_' order by 1`;
    const roles = 'select rolname from pg_roles order by 1';
    await query(url, 'create schema messages; create table messages.migrations_messages (name text)');
    const [schemasBefore, rolesBefore] = [await query(url, schemas), await query(url, roles)];
    for (const own of [true, false]) {
      await assert.rejects(
        provisionPostgres(url, own),
        /^PlatformError: The database \S+ was made by Duet 0\.3, [^\n]*DATABASE_URL\.$/,
      );
    }
    assert.deepEqual((await query(url, schemas)).rows, schemasBefore.rows);
    assert.deepEqual((await query(url, roles)).rows, rolesBefore.rows);
  });

  it('is none where another program has a schema of that name', async () => {
    const other = `other_${name}`;
    await asAdmin([`create database ${other}`]);
    try {
      const url = new URL(`/${other}`, theStack().addresses.databaseAdmin).href;
      await query(url, 'create schema messages; create table messages.inbox (id int)');
      await provisionPostgres(url, false);
    } finally {
      await asAdmin([`drop database ${other} with (force)`]);
    }
  });
});

describe('A database with tables of Duet 0.4', function () {
  this.timeout(60_000);
  const name = `duet_0_4_${randomUUID().replaceAll('-', '_')}`;

  before(() => asAdmin([`create database ${name}`]));
  after(() => asAdmin([`drop database ${name} with (force)`]));

  it('is brought up to date: what was told and is unsent goes the way of its style', async () => {
    const url = new URL(`/${name}`, theStack().addresses.databaseAdmin).href;
    const { accounts } = (await provisionPostgres(url, false)).database;
    const [role] = (await query(accounts, 'select current_user as name')).rows as { name: string }[];
    for (const folder of ['messaging', 'accounts']) {
      const file = new URL(`../../adapters/migrations/${folder}/001-tables.sql`, import.meta.url);
      const tables = (await readFile(file, 'utf8')).replaceAll('duet_', role!.name.replace(/accounts$/, ''));
      await query(
        accounts,
        `${tables};
         create table migrations_${folder} (id serial primary key, name varchar(255) not null, run_on timestamp not null);
         insert into migrations_${folder} (name, run_on) values ('001-tables', now())`,
      );
    }
    const told = styles.map((style) => ({ style, id: randomUUID(), signupId: randomUUID() }));
    for (const { style, id, signupId } of told) {
      await query(
        accounts,
        `insert into outbox (id, signup_id, key, envelope)
         values ('${id}', '${signupId}', 'account.activated', '{"id": "${id}", "style": "${style}"}')`,
      );
    }
    await query(accounts, `insert into retellings (id, keys) values (gen_random_uuid(), '{account.opened}')`);

    await migrate(accounts, 'accounts', (reason) => assert.fail(reason));
    const { rows } = await query(
      accounts,
      'select style, id, signup_id as "signupId" from outbox order by position',
    );
    assert.deepEqual(rows, told);
    const ofAll = await query(accounts, 'select from retellings where style is null');
    assert.equal(ofAll.rowCount, 1, 'what was asked for is asked of every style');
    // Once more, as the next start does.
    await migrate(accounts, 'accounts', (reason) => assert.fail(reason));
  });
});

async function asAdmin(statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: theStack().addresses.databaseAdmin });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
