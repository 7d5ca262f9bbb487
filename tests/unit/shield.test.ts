import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { unfitFolder } from '../../tools/platform/folders.ts';
import { specOf, urlOf } from '../../tools/platform/our-processes.ts';
import { reservePorts } from '../../tools/platform/ports.ts';
import { shieldFromShell } from '../../tools/platform/shield.ts';

describe('A shell', () => {
  it('with a proxy keeps it for other machines only', () => {
    for (const [given, direct] of [
      [{}, 'localhost,127.0.0.1,::1,[::1]'],
      [{ NO_PROXY: 'corp.example,localhost' }, 'corp.example,localhost,127.0.0.1,::1,[::1]'],
      [{ NO_PROXY: 'for.others', no_proxy: 'corp.example' }, 'corp.example,localhost,127.0.0.1,::1,[::1]'],
    ] as const) {
      const environment: NodeJS.ProcessEnv = { ...given, grpc_proxy: 'http://proxy:3128' };
      shieldFromShell(environment);
      assert.equal(environment['grpc_proxy'], 'http://proxy:3128');
      assert.equal(environment['no_proxy'], direct);
      assert.equal(environment['NO_PROXY'], direct);
      shieldFromShell(environment);
      assert.equal(environment['no_proxy'], direct, 'once is as good as twice');
    }
  });

  it('without a proxy stays as it is', () => {
    const environment: NodeJS.ProcessEnv = { HTTPS_PROXY: '', NO_PROXY: 'corp.example', TZ: 'UTC' };
    shieldFromShell(environment);
    assert.deepEqual(environment, { HTTPS_PROXY: '', NO_PROXY: 'corp.example', TZ: 'UTC' });
  });

  it('that was told where the own Temporal is attaches to none by that, and to another one if it says so', () => {
    const told = { TEMPORAL_ADDRESS: '127.0.0.1:7239', DUET_TEMPORAL_ADDRESS: '127.0.0.1:7239' };
    for (const [given, left] of [
      [told, {}],
      [
        { ...told, TEMPORAL_ADDRESS: 'elsewhere:7233' },
        { ...told, TEMPORAL_ADDRESS: 'elsewhere:7233' },
      ],
      [{ TEMPORAL_ADDRESS: '127.0.0.1:7239' }, { TEMPORAL_ADDRESS: '127.0.0.1:7239' }],
    ] as const) {
      const environment: NodeJS.ProcessEnv = { ...given };
      shieldFromShell(environment);
      assert.deepEqual(environment, left);
    }
  });

  it('that speaks of a Postgres elsewhere is heard only where one is attached to', () => {
    const wishes = { PGSSLMODE: 'require', PGOPTIONS: '-c datestyle=German', PGPASSWORD: 'secret' };
    const own = (extra: NodeJS.ProcessEnv) => specOf('api', 8080, {}, { ...wishes, ...extra }).environment;
    assert.deepEqual(own({}), { PORT: '8080' });
    assert.deepEqual(own({ DATABASE_URL: 'postgres://elsewhere/duet' }), { ...wishes, PORT: '8080' });
  });
});

describe('The address of the API', () => {
  it('is asked as it is, and by loopback where it listens everywhere', () => {
    assert.equal(urlOf('127.0.0.1', 8080), 'http://127.0.0.1:8080');
    assert.equal(urlOf('0.0.0.0', 8080), 'http://127.0.0.1:8080');
    assert.equal(urlOf('::', 8080), 'http://[::1]:8080');
    assert.equal(urlOf('fd00::2', 8080), 'http://[fd00::2]:8080');
    assert.equal(urlOf('192.0.2.2', 8080), 'http://192.0.2.2:8080');
  });

  it('is refused at once where this machine does not have it', async () => {
    const reserved = reservePorts('/nowhere');
    await assert.rejects(
      reserved.next(45_000, '203.0.113.1'),
      /HOST is wrong: `203\.0\.113\.1` is no address/,
    );
    await assert.rejects(reserved.exactly(45_000, 'PORT', '203.0.113.1'), /HOST is wrong/);
    reserved.release();
  });
});

describe('A port', () => {
  it('belongs to the machine: another TMPDIR gives no second claim to it', async () => {
    const { TMPDIR } = process.env;
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const one = reservePorts('/nowhere');
    process.env['TMPDIR'] = import.meta.dirname;
    const other = reservePorts('/nowhere');
    try {
      await one.exactly(port, 'PORT');
      await assert.rejects(other.exactly(port, 'PORT'), /is taken by another program/);
      one.release();
      await other.exactly(port, 'PORT');
    } finally {
      if (TMPDIR === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = TMPDIR;
      one.release();
      other.release();
    }
  });
});

describe('A folder', () => {
  it('that a part cannot work in is named with the character that is in the way', () => {
    assert.match(unfitFolder('checkout', '/home/ada/wow!') ?? '', /`\/home\/ada\/wow!` .*`!`/);
    assert.match(unfitFolder('state', "/home/ada/it's") ?? '', /`'`.*`DUET_HOME`/);
    assert.match(unfitFolder('cache', '/home/ada:/cache') ?? '', /`:`.*`XDG_CACHE_HOME`/);
  });

  it('may hold spaces, percent signs and any letters', () => {
    for (const kind of ['checkout', 'state', 'cache'] as const)
      assert.equal(unfitFolder(kind, '/home/ada/100%20 日本 #1 (b) é'), undefined);
  });
});
