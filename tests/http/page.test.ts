/** The live page: for whom it is, what its document tells, and that its files are kept by browsers for ever. */
import { strict as assert } from 'node:assert';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundlePage } from '../../tools/platform/page-bundle.ts';
import { withParts } from './bare-app.ts';
import { exchange } from './exchange.ts';

describe('The live page', () => {
  let home: string;
  let pageFolder: string;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'duet-page-'));
    const complaints: string[] = [];
    pageFolder = (await bundlePage(home, (line) => complaints.push(line))) ?? '';
    assert.deepEqual(complaints, []);
  });
  after(() => rm(home, { recursive: true, force: true }));

  const get = (path: string, url: string, headers: Record<string, string> = {}) =>
    exchange<string>('GET', path, { url, headers: { accept: 'text/html', ...headers } });
  const filesOf = (html: string) =>
    [...html.matchAll(/(?:href|src)="(assets\/page-[^"]*)"/g)].map(([, path]) => `/${path}`);

  it('is `/` for operators, and the start page is for all others', async () => {
    await withParts({ pageFolder }, async (url) => {
      assert.equal(filesOf((await get('/', url)).body).length, 2);
      const { status, body } = await get('/', url, { 'x-forwarded-for': '203.0.113.7' });
      assert.equal(status, 200);
      assert.match(body, /<form class="signup"/);
      assert.deepEqual(filesOf(body), []);
    });
  });

  it('leaves the start page at `/start`, and is at `/live` for who has to bear a token', async () => {
    await withParts({ pageFolder }, async (url) => {
      assert.match((await get('/start', url)).body, /<form class="signup"/);
      const { body } = await get('/live', url, { 'x-forwarded-for': '203.0.113.7' });
      assert.equal(filesOf(body).length, 2);
    });
  });

  it('is a script and a style sheet that never change, in at most 60 kB', async () => {
    await withParts({ pageFolder }, async (url) => {
      const files = await Promise.all(
        filesOf((await get('/', url)).body).map((path) => exchange<string>('GET', path, { url })),
      );
      for (const { status, headers } of files) {
        assert.equal(status, 200);
        assert.match(headers['cache-control'] ?? '', /immutable/);
      }
      const bytes = files.map(({ body }) => gzipSync(body).length);
      assert.ok(bytes.reduce((sum, each) => sum + each, 0) <= 60_000, `${bytes.join(' + ')} bytes`);
    });
  });

  it('serves of its folder nothing but its files', async () => {
    await withParts({ pageFolder }, async (url) => {
      for (const path of ['/assets/page.json', '/assets/', '/assets/page-OTHER.js'])
        assert.equal((await exchange('GET', path, { url })).status, 404, path);
    });
  });

  it('has nothing inline, and says where the UIs are', async () => {
    const links = {
      temporalUi: 'http://127.0.0.1:8233',
      workflow: (id: string) => `http://127.0.0.1:8233/workflows/signup-${id}`,
    };
    await withParts({ pageFolder, links }, async (url) => {
      const { headers, body } = await get('/', url);
      assert.doesNotMatch(body, /<style|\sstyle="|\son\w+=|<script(?![^>]*\ssrc=)/);
      assert.match(headers['content-security-policy'] ?? '', /default-src 'none'.*style-src 'self'/);
      assert.match(body, /data-workflow="[^"]*signup-00000000-0000-0000-0000-000000000000"/);
      assert.doesNotMatch(body, /data-rabbitmq/);
    });
  });

  it('gives way to the start page where it was not bundled', async () => {
    await withParts({ pageFolder: join(home, 'nowhere') }, async (url) => {
      assert.match((await get('/', url)).body, /<form class="signup"/);
    });
  });

  it('brings no schema library', async () => {
    const { script } = JSON.parse(await readFile(join(pageFolder, 'page.json'), 'utf8')) as {
      script: string;
    };
    assert.doesNotMatch(await readFile(join(pageFolder, script), 'utf8'), /ZodError/);
  });
});
