/** Which styles are there to be measured and broken: one whose server is on its way is waited for. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stylesHere } from '../../../tools/lab/here.ts';

describe('The styles that the lab finds here', () => {
  it('have their servers: one that takes signups which wait for its server is waited for', async () => {
    const answers = [{ ready: false, missing: 'kafka' }, { ready: true, waitsFor: 'kafka' }, { ready: true }];
    let asked = 0;
    const server = createServer((_request, response) => {
      const answer = answers[asked] ?? { ready: true };
      asked += 1;
      response.writeHead(answer.ready ? 200 : 503, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ 'stream-kafka': answer }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const lab = { stack: { urls: { api: `http://127.0.0.1:${port}` } } } as Parameters<
        typeof stylesHere
      >[0];
      const { signal } = new AbortController();
      const here = await stylesHere(lab, ['stream-kafka'], { signal, log: () => {} });
      assert.deepEqual([[...here], asked], [['stream-kafka'], answers.length]);
    } finally {
      server.close();
    }
  }).timeout(30_000);
});
