/** How the tests of the workflow get their server: what they do on a machine where it cannot be had. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { temporaryFolder } from '../workflow/bundle.ts';
import { startTimeSkipping } from './test-server.ts';

describe('The time-skipping test server', () => {
  it('is given up within seconds where nothing answers, with what was tried and what to install', async () => {
    // Takes connections and says nothing: the worst that a network can do.
    const taken: Socket[] = [];
    const silent = createServer((socket) => taken.push(socket)).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const downloadHost = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
    const began = Date.now();
    try {
      const environment = { PATH: '/nowhere', XDG_CACHE_HOME: join(temporaryFolder(), 'cache') };
      await assert.rejects(startTimeSkipping({ environment, downloadHost }), (error: Error) => {
        assert.match(error.message, /cannot be had on this machine/);
        assert.ok(error.message.includes(`the SDK's own download: ${downloadHost} cannot be reached`));
        assert.match(error.message, /Maven and Java: `java` is not on the PATH/);
        assert.match(error.message, /apt-get install default-jre-headless maven/);
        return true;
      });
    } finally {
      for (const socket of taken) socket.destroy();
      silent.close();
    }
    const tookMs = Date.now() - began;
    assert.ok(tookMs < 30_000, `it took ${tookMs} ms`);
  });
});
