import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fetchJars, kafkaJars, presentJars } from '../../tools/platform/kafka-jars.ts';

describe('The jars of Kafka', () => {
  let folder: string;
  let asked: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'duet-jars-'));
    asked = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const contentOf = (path: string) => `what is in ${path}`;
  const jars = ['org/one/1/one-1.jar', 'org/two/2/two-2.jar', 'org/three/3/three-3.jar'].map((path) => ({
    path,
    sha256: createHash('sha256').update(contentOf(path)).digest('hex'),
  }));
  const names = jars.map(({ path }) => basename(path)).toSorted();
  const kept = () => readdirSync(join(folder, 'kafka-4.4.0')).toSorted();
  const serveAll: RequestListener = ({ url = '' }, response) =>
    void response.end(contentOf(url.replace('/maven2/', '')));

  async function repository(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
    const server = createServer((request, response) => {
      asked.push(basename(request.url ?? ''));
      listener(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/maven2`,
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
      },
    };
  }
  function fetchFrom(MAVEN_URL: string, signal = new AbortController().signal): Promise<string> {
    const around = { environment: { MAVEN_URL }, home: folder, cache: folder, say: () => {} };
    return fetchJars(around, signal, jars);
  }

  it('are those of one release, each with its digest', () => {
    assert.equal(kafkaJars.length, 45);
    for (const { path, sha256 } of kafkaJars) {
      assert.match(path, /^[\w.-]+(\/[\w.-]+)+\.jar$/);
      assert.match(sha256, /^[0-9a-f]{64}$/);
    }
    assert.equal(new Set(kafkaJars.map(({ path }) => basename(path))).size, 45);
    assert.equal(
      kafkaJars.filter(({ path }) => /^org\/apache\/kafka\/.*-4\.4\.0\.jar$/.test(path)).length,
      14,
    );
  });

  it('are downloaded once, by two who want them at the same time, too', async () => {
    await using server = await repository(serveAll);
    assert.equal(presentJars(folder, jars), undefined);
    const [one, other] = await Promise.all([fetchFrom(server.url), fetchFrom(server.url)]);
    assert.equal(one, other);
    assert.equal(presentJars(folder, jars), one);
    assert.deepEqual(asked.toSorted(), names);
    assert.deepEqual(kept(), names);
    assert.equal(readFileSync(join(one, 'one-1.jar'), 'utf8'), contentOf(jars[0]!.path));
    assert.deepEqual(readdirSync(folder), ['kafka-4.4.0']);
  });

  it('are refused when something else arrives, and nothing of it is kept', async () => {
    await using server = await repository((request, response) => {
      if (request.url?.endsWith('two-2.jar')) response.end('something else');
      else serveAll(request, response);
    });
    await assert.rejects(fetchFrom(server.url), /two-2\.jar has the SHA-256 `[0-9a-f]{64}` instead of `/);
    assert.equal(presentJars(folder, jars), undefined);
    assert.deepEqual(
      kept().filter((name) => !['one-1.jar', 'three-3.jar'].includes(name)),
      [],
    );
  });

  it('are fetched no second time after an interruption, but for what is missing', async () => {
    {
      await using server = await repository((request, response) => {
        if (!request.url?.endsWith('two-2.jar')) return serveAll(request, response);
        response.writeHead(200, { 'content-length': 1000 });
        response.write('half of it');
        // Once the others have come.
        const others = setInterval(() => {
          if (kept().filter((name) => name.endsWith('.jar')).length < 2) return;
          clearInterval(others);
          response.destroy();
        }, 5);
      });
      await assert.rejects(fetchFrom(server.url));
      assert.deepEqual(kept(), ['one-1.jar', 'three-3.jar']);
    }
    asked = [];
    await using server = await repository(serveAll);
    await fetchFrom(server.url);
    assert.deepEqual(asked, ['two-2.jar']);
    assert.deepEqual(kept(), names);
  });

  it('leave neither half a file nor a lock behind when the stack is stopped', async () => {
    const stopping = new AbortController();
    await using server = await repository((request, response) => {
      if (request.url?.endsWith('three-3.jar')) stopping.abort();
      response.write('half of it');
    });
    await assert.rejects(fetchFrom(server.url, stopping.signal), { name: 'AbortError' });
    assert.deepEqual(kept(), []);
    assert.deepEqual(readdirSync(folder), ['kafka-4.4.0']);
  });
});
