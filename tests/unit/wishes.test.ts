/** Wishes to the mailbox: each is withdrawn, also where it was taken and nobody was told. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createLog } from '../../adapters/log.ts';
import { wishBreaker } from '../../tools/platform/faults/wishes.ts';
import { createHttp } from '../../tools/platform/mailbox/http.ts';
import { createScenarios } from '../../tools/platform/mailbox/scenarios.ts';
import { openStore } from '../../tools/platform/mailbox/store.ts';
import { temporaryFolder } from '../platform/stage.ts';

describe('A wish to the mailbox', () => {
  const scenarios = createScenarios();
  let folder: ReturnType<typeof temporaryFolder>;
  let http: Server;
  let url = '';
  before(async () => {
    folder = temporaryFolder();
    http = createHttp(
      openStore(join(folder.path, 'mailbox.jsonl')),
      scenarios,
      createLog('mailbox', 'silent'),
    );
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  });
  after(() => {
    http.closeAllConnections();
    http.close();
    folder[Symbol.dispose]();
  });

  it('is withdrawn, and no other', async () => {
    const other = scenarios.add({ channel: 'email', to: '*', stage: 'rcpt', reply: '451 4.3.0 Try later' });
    const breaker = wishBreaker('mail-451', url, () => 1);
    await breaker.break();
    assert.equal(scenarios.list().length, 2);
    await breaker.heal();
    await breaker.heal();
    assert.deepEqual(scenarios.list(), [other]);
    scenarios.withdraw(other.id);
  });

  it('is withdrawn where it was taken and the answer did not come', async () => {
    const other = scenarios.add({ channel: 'email', to: 'ada@example.com', stage: 'rcpt', hangMs: 1 });
    const cut = (_: unknown, response: ServerResponse) => {
      response.end = () => response.destroy();
    };
    http.prependListener('request', cut);
    const breaker = wishBreaker('mail-silent', url, () => 1);
    await assert.rejects(breaker.break());
    http.off('request', cut);
    assert.equal(scenarios.list().length, 2);
    await breaker.heal();
    assert.deepEqual(scenarios.list(), [other]);
    scenarios.withdraw(other.id);
  });
});
