/** What comes back to signups whose callers are gone: every visit that is due, however many fault. */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { startPoller } from '../../coordinators/calls/poller.ts';
import type { Style } from '../../domain/signup.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import { startSignup, uniqueRequest } from '../client.ts';
import { databaseOf } from '../inside.ts';

describe('The poller of calls', function () {
  this.timeout(60_000);

  it('makes each visit that is due once in a look, also behind a page of those that fault', async () => {
    const [style] = stylesPlayedBy('calls').slice(-1) as [Style];
    const signups = await Promise.all(Array.from({ length: 60 }, () => startSignup(uniqueRequest(style))));
    const ids = signups.map(({ id }) => id);
    const database = databaseOf('accounts');
    // A style of their own keeps the pollers of the stack from them.
    const own = 'polled' as Style;
    await database.query('update follow_ups set style = $2, due_at = now() where signup_id = any($1)', [
      ids,
      own,
    ]);
    const visited: string[] = [];
    const visit = async ({ signup_id: id }: { signup_id: string }) => {
      visited.push(id);
      throw new Error('the provider is down');
    };
    const poller = startPoller({ database, styles: [own], visit, onTrouble: () => {} });
    try {
      await until('all to be visited', () => new Set(visited).size === ids.length);
      assert.equal(visited.length, ids.length, 'none is visited twice in a look');
    } finally {
      await poller.stop();
      await database.query('delete from follow_ups where signup_id = any($1)', [ids]);
    }
  });
});
