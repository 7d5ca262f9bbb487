/**
 * Statistics joins a system that has been running: what it knows of the past depends on what each style has left behind,
 * and nobody else notices. On a stack of its own, as it joins only once.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../adapters/waiting.ts';
import { noSignup } from '../../domain/envelope.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { placeAside } from '../../messaging/transports/log/log.ts';
import { canBeReadAgain, sourceOf } from '../../statistics/sources.ts';
import { countedOf, played } from '../../tools/generate/late-subscriber.ts';
import type { Day } from '../../domain/counts.ts';
import { recount } from '../../tools/operator/statistics.ts';
import { watched } from '../../tracking/tracker.ts';
import { retell } from '../../tools/operator/retell.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { arrival, clickUntilActedOn, linkOf, notifiedSignup, send, uniqueRequest } from '../client.ts';
import { start, type Ended } from '../cli/command.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { logStyles } from '../logs.ts';
import { onOwnStack } from '../own-stack.ts';
import { theStack } from '../stack.ts';
import { counted, faultAt, holdUpAt, sumsOf, untilCounted, type Counts } from '../statistics.ts';

const { earlier, activated, later } = played;

describe('A subscriber that joins late', function () {
  this.timeout(120_000);
  onOwnStack({});
  let arrived: number;

  it('knows nothing before it is started', async () => {
    const { code, err } = await statistics('show');
    assert.equal(code, 1);
    assert.match(err, /Statistics was never started/);
    assert.deepEqual(await overHttp(), { days: null });
  });

  it('counts what each style has kept for it, also while the API is held', async () => {
    await signUp(earlier, activated);
    await untilAllIsTold();
    await theStack().hold('api');
    await done('start');
    await theStack().release('api');
    await signUp(later, 0);
    arrived = await mails();
    await untilCounted('what each style has kept', atFirst());
    const shown = await done<Day[]>('show');
    assert.deepEqual(sumsOf(shown), atFirst());
    assert.deepEqual((await overHttp()).days!.map(asSet).toSorted(), shown.map(asSet).toSorted());
  });

  it('counts the same when it is rebuilt, and nobody is sent anything', async () => {
    assert.deepEqual(await done('rebuild'), { rebuilt: styles.filter(canBeReadAgain) });
    await untilCounted('the same again', atFirst());
    assert.equal(await mails(), arrived);
  });

  it('counts the same when it is killed in the middle of a rebuild', async () => {
    const hold = await holdUpAt(inLogs.map((style) => signedUp[style][0]!));
    try {
      await recount(theStack().addresses.databaseAdmin);
      await hold.untilHeldUp();
      await until('some to be counted, not all', async () => {
        const counts = await counted();
        const isWhole = (style: Style) => counts[style].opened === atFirst()[style].opened;
        return (
          styles.some((style) => canBeReadAgain(style) && counts[style].opened > 0) && !inLogs.some(isWhole)
        );
      });
      await theStack().kill('statistics');
    } finally {
      await hold.letGo();
    }
    await untilCounted('the same again', atFirst());
    assert.equal(await mails(), arrived);
  });

  it('says that it has stopped at a fault, and counts the same once that is mended and it is started again', async () => {
    const mend = await faultAt(inLogs.map((style) => signedUp[style][0]!));
    try {
      await recount(theStack().addresses.databaseAdmin);
      await until('it to say so', async () => {
        const { status, body } = await send<{ missing?: string }>('GET', '/health/ready', {
          url: urlOfStatistics(),
        });
        return (
          status === 503 && /a projection, which has stopped: .*cannot be counted/.test(body.missing ?? '')
        );
      });
    } finally {
      await mend();
    }
    await done('stop');
    await done('start');
    await untilCounted('the same again', atFirst());
  });

  it('sets aside what it cannot read, and reads on', async () => {
    for (const { log, on } of logStyles) {
      const marker = randomUUID();
      await on(({ append }) => append(1, `not JSON ${marker}`));
      await until(`a record of ${log} to be set aside`, async () => {
        const { rows } = await databaseOf('statistics').query<{ is_passed: boolean; reason: string }>(
          `select reason, next > position as is_passed
           from set_aside join positions using (log, partition) where log = $1 and content like $2`,
          [log, `%${marker}`],
        );
        if (rows.length > 0) assert.deepEqual(rows, [{ is_passed: true, reason: 'the message is not JSON' }]);
        return rows.length === 1;
      });
      const shown = new RegExp(`duet_dead_letters\\{[^}]*"${placeAside('statistics', log)}"[^}]*\\} 1`);
      // Asked twice within a second, the metrics are those of the first time.
      await until('it to be counted', async () => {
        const { body: metrics } = await send<string>('GET', '/metrics', { url: urlOfStatistics() });
        return shown.test(metrics);
      });
    }
  });

  it('counts all of a queue, too, once the producers have told all of it again; still nobody is sent anything', async () => {
    await retell(theStack().addresses.databaseAdmin, { withinMs: 3_600_000 }, { isDry: false });
    await untilCounted(
      'all signups',
      forEachStyle((style) => ({ opened: countedOf(style).afterRetelling, activated })),
    );
    assert.equal(await mails(), arrived);
  });

  it('can be stopped and started again by its owner, who can ask for nothing else', async () => {
    const { home } = theStack();
    await switched('DELETE');
    assert.equal(theStack().pidOf('statistics'), undefined);
    await switched('DELETE');
    await switched('PUT');
    const pid = theStack().pidOf('statistics');
    assert.ok(pid);
    await switched('PUT');
    assert.equal(theStack().pidOf('statistics'), pid, 'it runs already');
    assert.ok(sumsOf((await overHttp()).days!));
    await done('stop');
    assert.equal(theStack().pidOf('statistics'), undefined);
    await assert.rejects(supervisorOver(home).stop('api'), /process/);
    await done('start');
    assert.ok(theStack().pidOf('statistics'));
    assert.equal(statSync(join(home, 'control.sock')).mode & 0o077, 0, 'the socket is for its owner only');
  });
});

/** The styles whose events statistics reads from a log. */
const inLogs = styles.filter((style) => sourceOf(style) === 'log');

const signedUp: Record<Style, string[]> = forEachStyle(() => []);

const urlOfStatistics = () => `http://127.0.0.1:${theStack().portOf('statistics')}`;

/** What the API says that was counted. */
async function overHttp(): Promise<{ days: Day[] | null }> {
  const { status, body } = await send<{ days: Day[] | null }>('GET', '/statistics');
  assert.equal(status, 200);
  return body;
}

/** Has statistics join or leave by way of the API. */
async function switched(method: 'PUT' | 'DELETE'): Promise<void> {
  const { status, body } = await send(method, '/processes/statistics');
  assert.equal(status, 204, JSON.stringify(body));
}

const asSet = (day: Day) => JSON.stringify(Object.entries(day).toSorted());

/** `npm run statistics -- …` on the stack of these tests. */
function statistics(...words: string[]): Promise<Ended> {
  return start('statistics', words, { DUET_HOME: theStack().home, DATABASE_URL: undefined }).ended;
}

/** What such a command answers that succeeds. */
async function done<T>(command: string): Promise<T> {
  const { code, out, err } = await statistics(command, '--json');
  assert.equal(code, 0, err);
  return JSON.parse(out) as T;
}

function atFirst(): Counts {
  return forEachStyle((style) => ({
    opened: countedOf(style).atFirst,
    activated: canBeReadAgain(style) ? activated : 0,
  }));
}

/** Signs up so many in each style, activates some of them, and waits until nothing of them is under way. */
async function signUp(count: number, activate: number): Promise<void> {
  await Promise.all(
    styles.flatMap((style) =>
      Array.from({ length: count }, async (_, index) => {
        const request = uniqueRequest(style);
        const { id } = await notifiedSignup(request);
        signedUp[style].push(id);
        if (index >= activate) return;
        await clickUntilActedOn(await linkOf(id));
        await arrival(request.email, 'activated');
        await untilAtRest(id);
      }),
    ),
  );
}

/** What services that are new ask to be told again at their start, a queue that is made meanwhile would get, too. */
async function untilAllIsTold(): Promise<void> {
  for (const service of watched) {
    await until(`the topology of ${service}`, async () => {
      const { rowCount } = await databaseOf(service).query('select from topology');
      return rowCount === 1;
    });
  }
  await untilAtRest(noSignup);
  for (const service of watched) {
    await until(`${service} to have told all`, async () => {
      const { rowCount } = await databaseOf(service).query(
        `select from retellings union all select from outbox where sent_at is null`,
      );
      return rowCount === 0;
    });
  }
}

async function mails(): Promise<number> {
  const { body } = await send<unknown[]>('GET', '/mailbox?limit=1000');
  return body.length;
}
