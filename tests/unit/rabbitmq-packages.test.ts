import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tar from 'tar';
import { createCleartextMessage, generateKey, sign } from 'openpgp';
import { digestIn, fetchPackage, packagesIn, signedText } from '../../tools/platform/debian-archive.ts';
import { memberOf, quoted, startByOwnLoader, unpackPackage } from '../../tools/platform/debian-unpack.ts';
import { foundServer } from '../../tools/platform/rabbitmq.ts';
import { unpackedPackages } from '../../tools/platform/rabbitmq-packages.ts';

describe('RabbitMQ’s packages', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'duet packages it’s 100%20! 日本 '))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function put(path: string, text: string): string {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, 0o755);
    return file;
  }

  function refusalOf(path: string): string {
    const found = foundServer(path);
    return typeof found === 'string' ? found : `found ${found.version}`;
  }

  it('are refused when somebody else than Debian signed their index', async () => {
    const { privateKey } = await generateKey({
      userIDs: [{ name: 'Debian Archive Automatic Signing Key (13/trixie)' }],
      format: 'object',
    });
    const forged = await sign({
      message: await createCleartextMessage({ text: 'Origin: Debian\nSHA256:\n aa 1 main/Packages.gz\n' }),
      signingKeys: privateKey,
    });
    await assert.rejects(signedText(forged, 'the mirror'), /the mirror is not signed by Debian/);
    await assert.rejects(signedText('Origin: Debian\n', 'the mirror'), /the mirror is not signed by Debian/);
  });

  it('are found in an index by their digest', () => {
    const index = 'MD5Sum:\n 11 7 main/Packages.gz\nSHA256:\n aa 7 main/Packages\n bb 7 main/Packages.gz\n';
    assert.equal(digestIn(index, 'main/Packages.gz'), 'bb');
    assert.equal(digestIn(index, 'main/Contents.gz'), undefined);
    const list =
      'Package: libc6\nVersion: 2.41-12\nFilename: pool/libc6.deb\nSize: 12\nSHA256: cc\n\nPackage: libc6-dev\nVersion: 1\n';
    assert.deepEqual(packagesIn(list, new Set(['libc6'])), [
      { name: 'libc6', version: '2.41-12', path: 'pool/libc6.deb', sha256: 'cc', size: 12 },
    ]);
  });

  it('are refused when something else arrives', async () => {
    const server = createServer((_, response) => response.end('something else')).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const DEBIAN_MIRROR = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const wanted = { name: 'libc6', version: '2', path: 'pool/libc6.deb', sha256: 'cc', size: 14 };
      await assert.rejects(
        fetchPackage(wanted, folder, { environment: { DEBIAN_MIRROR } }),
        /SHA-256 `[0-9a-f]{64}` instead of `cc`/,
      );
    } finally {
      server.close();
    }
  });

  it('are read as archives with members of odd and even lengths', () => {
    const member = (name: string, body: string) =>
      `${`${name}/`.padEnd(48)}${String(body.length).padEnd(10)}\`\n${body}${body.length % 2 === 1 ? '\n' : ''}`;
    const archive = Buffer.from(`!<arch>\n${member('debian-binary', '2.0')}${member('data.tar.xz', 'four')}`);
    assert.equal(memberOf(archive, 'data.tar.xz').toString(), 'four');
    assert.throws(() => memberOf(archive, 'data.tar'), /no data\.tar in the archive/);
  });

  it('are unpacked in part, and a link into the system leads to the same place in the folder', async () => {
    put('package/usr/lib/program/settings.so', 'a library');
    put('package/etc/program/settings', 'the settings');
    put('package/usr/share/doc/program/copyright', 'not wanted');
    symlinkSync('/etc/program/settings', join(folder, 'package/usr/lib/program/settings'));
    const packed = join(folder, 'data.tar');
    await tar.create({ file: packed, cwd: join(folder, 'package'), preservePaths: true }, ['usr', 'etc']);
    const xz = put('bin/xz', `#!/bin/sh\n/bin/cat > /dev/null\nexec /bin/cat ${quoted(packed)}\n`);
    const archive = put('program.deb', `!<arch>\n${'data.tar.xz/'.padEnd(48)}${'4'.padEnd(10)}\`\nfour`);
    const root = join(folder, 'root');
    mkdirSync(root);
    await unpackPackage(archive, root, ['usr/lib', 'etc/program'], join(xz, '..'));
    assert.equal(readFileSync(join(root, 'usr/lib/program/settings'), 'utf8'), 'the settings');
    assert.deepEqual(readdirSync(join(root, 'usr')), ['lib']);
    renameSync(root, join(folder, 'place'));
    assert.equal(readFileSync(join(folder, 'place/usr/lib/program/settings'), 'utf8'), 'the settings');
  });

  it('are no archive to a program that ends before it has read them', async () => {
    const xz = put('bin/xz', '#!/bin/sh\nexit 3\n');
    const size = 1_000_000;
    const member = `${'data.tar.xz/'.padEnd(48)}${String(size).padEnd(10)}\`\n${'x'.repeat(size)}`;
    const archive = put('program.deb', `!<arch>\n${member}`);
    await assert.rejects(
      unpackPackage(archive, folder, ['usr/lib'], join(xz, '..')),
      /xz could not unpack|Unrecognized archive format/,
    );
  });

  it('start by their own loader, whatever is in the path of the cache folder', () => {
    put('root/lib/ld-linux-test.so.2', '#!/bin/sh\nshift 3\necho "$@"\n');
    put('root/bin/library.so', '\u007FELF');
    const program = put('root/bin/program', '\u007FELF');
    const root = join(folder, 'root');
    startByOwnLoader(root, 'bin', 'lib', root);
    assert.equal(
      execFileSync(program, ["it's", '$HOME'], { encoding: 'utf8' }),
      `${program} ${program}.real it's $HOME\n`,
    );
  });

  it('of an older Duet are left alone', () => {
    put('cache/rabbitmq-3.10.8-1.1+deb12u1-debian12-x64/usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8/x', '');
    const surroundings = { environment: {}, home: folder, cache: join(folder, 'cache'), say: () => {} };
    assert.equal(unpackedPackages(surroundings), undefined);
    for (const version of ['4.0.5-9', '4.0.5-10'])
      put(
        `cache/rabbitmq-${version}-trixie-${process.arch}/usr/lib/rabbitmq/lib/rabbitmq_server-${version}/x`,
        '',
      );
    assert.equal(unpackedPackages(surroundings)?.version, '4.0.5-10');
  });

  it('are not needed where the server on the PATH is 3.13 or newer', () => {
    const installed = (version: string) => {
      put(`${version}/plugins/rabbit-${version}/ebin/rabbit.app`, '');
      put(`${version}/sbin/epmd`, '');
      return join(put(`${version}/sbin/rabbitmq-server`, ''), '..');
    };
    assert.match(refusalOf(installed('3.12.14')), /is RabbitMQ 3\.12\.14, and 3\.13 or newer is needed/);
    for (const version of ['3.13.7', '4.2.1']) {
      assert.equal(refusalOf(installed(version)), `found ${version}`);
    }
    const unknown = join(put('unknown/sbin/rabbitmq-server', ''), '..');
    assert.match(refusalOf(unknown), /of an unknown version/);
  });
});
