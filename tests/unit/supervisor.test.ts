import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { startReaper } from '../../tools/platform/reaper.ts';
import { supervise } from '../../tools/platform/supervisor.ts';
import { until } from '../../adapters/waiting.ts';

/** Answers over HTTP, until it is told to go on without doing its work. */
const program = `
  let answer = 200;
  require('node:http').createServer((request, response) => {
    if (request.url === '/break') answer = 500;
    response.writeHead(answer).end();
  }).listen(Number(process.argv[1]), '127.0.0.1');
`;

describe('A supervised process that runs', function () {
  this.timeout(30_000);

  let folder: string;
  let port: number;
  let said: string[];
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'duet-supervisor-'));
    said = [];
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
    server.close();
    await once(server, 'close');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function supervised(
    alive: () => Promise<void>,
    everyMs: number,
    use: (pid: () => number | undefined) => Promise<void>,
  ) {
    const reaper = startReaper(join(folder, 'stack.json'));
    const process_ = supervise(
      {
        name: 'program',
        command: process.execPath,
        arguments: ['-e', program, String(port)],
        environment: {},
        folder,
        ports: { port },
        stopSignal: 'SIGTERM',
        probe: async () => void (await fetch(`http://127.0.0.1:${port}/`)),
        readyWithinMs: 20_000,
        alive,
        output: 'file',
      },
      {
        reaper,
        logFile: (name) => join(folder, name),
        started: () => {},
        changed: () => {},
        say: (line) => void said.push(line),
        show: () => {},
        longestRestartMs: 1_000,
      },
      { everyMs, inVain: 3 },
    );
    await process_.start();
    try {
      await use(process_.pid);
    } finally {
      await process_.stop(Date.now() + 2_000);
      await reaper.goodbye();
    }
  }

  it('but does not do its work is started again', async () => {
    const works = async () => assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 200);
    await supervised(works, 300, async (pid) => {
      const broken = pid();
      // It may be ended before its answer has left.
      await fetch(`http://127.0.0.1:${port}/break`).catch(() => {});
      await until('another process that works', async () => {
        assert.ok(pid() !== undefined && pid() !== broken);
        await works();
        return true;
      });
      assert.match(said[0] ?? '', /^program runs but does not work, ending it: /);
      assert.match(said[1] ?? '', /^program ended \(SIGKILL\), starting it again in 1 s$/);
    });
  });

  it('and does not answer at all is started again', async () => {
    let answers = false;
    await supervised(
      () => (answers ? Promise.resolve() : new Promise(() => {})),
      100,
      async (pid) => {
        const silent = pid();
        await until('another process', () => pid() !== undefined && pid() !== silent);
        answers = true;
        assert.match(said[0] ?? '', /no answer within 0\.1 s/);
      },
    );
  });

  it('is left alone when now and then a look is in vain', async () => {
    let looks = 0;
    const mostly = async () => {
      looks += 1;
      if (looks % 3 !== 0) throw new Error('busy');
    };
    await supervised(mostly, 20, async (pid) => {
      const first = pid();
      await until('nine looks', () => looks >= 9);
      assert.equal(pid(), first);
      assert.deepEqual(said, []);
    });
  });
});
