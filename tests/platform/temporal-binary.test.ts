import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import * as tar from 'tar';
import type { StartSurroundings } from '../../tools/platform/part.ts';
import { planTemporal } from '../../tools/platform/temporal.ts';
import { fetchBinary, presentBinary } from '../../tools/platform/temporal-binary.ts';
import { temporaryFolder } from './stage.ts';

const usable = '#!/bin/sh\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\n';
const outdated = '#!/bin/sh\necho "temporal version 1.2.0 (Server 1.25.1, UI 2.31.2)"\n';

describe('The Temporal binary', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let said: string[];
  beforeEach(() => {
    folder = temporaryFolder();
    said = [];
  });
  afterEach(() => folder[Symbol.dispose]());

  /** A PATH with the basic programs of the system, and these. */
  function pathWith(programs: Record<string, string>): string {
    const bin = join(folder.path, 'bin');
    mkdirSync(bin, { recursive: true });
    for (const [name, text] of Object.entries(programs)) {
      writeFileSync(join(bin, name), text);
      chmodSync(join(bin, name), 0o755);
    }
    return bin;
  }
  function surroundings(downloadUrl: string, programs: Record<string, string> = {}): StartSurroundings {
    const environment = { PATH: pathWith(programs), TEMPORAL_DOWNLOAD_URL: downloadUrl };
    const unused = () => {
      throw new Error('not part of this');
    };
    return {
      environment,
      home: folder.path,
      cache: join(folder.path, 'cache'),
      say: (line) => void said.push(line),
      secrets: { postgresPassword: '', rabbitmqPassword: '', serviceToken: '' },
      port: unused,
      run: unused,
      alongside: unused,
      track: () => () => {},
    };
  }
  async function serving(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/archive/`,
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
      },
    };
  }
  async function archive(name = 'temporal', text = usable): Promise<Buffer> {
    writeFileSync(join(folder.path, name), text, { mode: 0o755 });
    writeFileSync(join(folder.path, 'LICENSE'), 'MIT');
    const file = join(folder.path, 'made.tar.gz');
    await tar.create({ file, gzip: true, cwd: folder.path }, ['LICENSE', name]);
    return readFileSync(file);
  }
  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const closedPort = 'http://127.0.0.1:1/';
  const goThatBuilds = `#!/bin/sh
if [ "$1" = env ]; then echo go1.26.8; exit; fi
while [ "$1" != -o ]; do shift; done
/bin/cat > "$2" <<'END'
${usable}END
/bin/chmod +x "$2"
`;

  it('is the one on the PATH when its server is new enough', async () => {
    const found = await presentBinary(surroundings(closedPort, { temporal: usable }));
    assert.ok('path' in found);
    assert.deepEqual([found.way, found.server], ['found', '1.32.0']);
  });

  it('is not the one on the PATH when its server is too old', async () => {
    const found = await presentBinary(surroundings(closedPort, { temporal: outdated }));
    assert.ok('missing' in found);
    assert.match(found.missing, /holds server 1\.25\.1, and 1\.32\.0 or newer is needed/);
  });

  it('is the official release, downloaded once into the cache folder', async () => {
    const bytes = await archive();
    const asked: (string | undefined)[] = [];
    await using server = await serving((request, response) => {
      asked.push(request.url);
      response.end(bytes);
    });
    const around = surroundings(server.url);
    const fetched = await fetchBinary(around, sha256(bytes));
    assert.equal(fetched.server, '1.32.0');
    assert.match(execFileSync(fetched.path, { encoding: 'utf8' }), /temporal version 1\.9\.1/);
    assert.match(asked[0] ?? '', /^\/archive\/temporal_cli_1\.9\.1_(linux|darwin)_(amd64|arm64)\.tar\.gz$/);
    assert.deepEqual(await fetchBinary(around, sha256(bytes)), fetched);
    assert.equal(asked.length, 1);
    assert.deepEqual(readdirSync(around.cache), ['temporal-cli-1.9.1']);
  });

  it('is downloaded once by two who want it at the same time', async () => {
    const bytes = await archive();
    let asked = 0;
    await using server = await serving((_, response) => {
      asked += 1;
      setTimeout(() => response.end(bytes), 200);
    });
    const around = surroundings(server.url);
    const [one, other] = await Promise.all([
      fetchBinary(around, sha256(bytes)),
      fetchBinary(around, sha256(bytes)),
    ]);
    assert.equal(one.path, other.path);
    assert.equal(asked, 1);
  });

  it('is followed to where a mirror sends it', async () => {
    const bytes = await archive();
    await using server = await serving((request, response) => {
      if (request.url?.startsWith('/archive/')) response.writeHead(302, { location: '/elsewhere' }).end();
      else response.end(bytes);
    });
    assert.equal((await fetchBinary(surroundings(server.url), sha256(bytes))).server, '1.32.0');
  });

  const damaged: Record<string, { listener: (bytes: Buffer) => RequestListener; complaint: RegExp }> = {
    'the archive is cut short': {
      listener: (bytes) => (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
      },
      complaint: /aborted|closed|terminated|ended after/,
    },
    'what came is not what was released': {
      listener: (bytes) => (_, response) => response.end(bytes),
      complaint: /has the SHA-256 `[0-9a-f]{64}` instead of `[0-9a-f]{64}`/,
    },
    'the release is not there': {
      listener: () => (_, response) => response.writeHead(404).end('no'),
      complaint: /answered 404/,
    },
  };
  for (const [what, { listener, complaint }] of Object.entries(damaged)) {
    it(`is built with Go when ${what}`, async () => {
      await using server = await serving(listener(await archive()));
      const around = surroundings(server.url, { go: goThatBuilds });
      const fetched = await fetchBinary(around);
      assert.match(fetched.path, /temporal-cli-1\.8\.2-server-1\.32\.0/);
      assert.match(said.join('\n'), complaint);
      assert.match(said.join('\n'), /building its CLI 1\.8\.2 with Go 1\.26\.8/);
      assert.ok(
        !existsSync(join(around.cache, 'temporal-cli-1.9.1')),
        'nothing of the failed download is kept',
      );
    });
  }

  it('is built with Go soon after a host that does not answer was tried', async () => {
    // Nobody routes this address (RFC 5737), so the connection hangs or fails.
    const began = Date.now();
    const fetched = await fetchBinary(surroundings('http://192.0.2.1/', { go: goThatBuilds }));
    assert.match(fetched.path, /1\.8\.2/);
    assert.ok(Date.now() - began < 30_000, `${Date.now() - began} ms`);
  });

  it('cannot be had without PATH, download and Go: one error names it all, and the two quickest ways out', async () => {
    const plan = await planTemporal(surroundings(closedPort));
    assert.ok(plan.way === 'none');
    const { message } = plan.error;
    assert.match(message, /^Temporal cannot be had on this machine\./);
    for (const tried of [
      /TEMPORAL_ADDRESS is not set/,
      /`temporal` is not on the PATH/,
      /127\.0\.0\.1:1/,
      /Go is not on the PATH/,
    ]) {
      assert.match(message, tried);
    }
    assert.match(message, /1\. `docker compose up -d temporal`[^]*2\. /);
  });
});
