/**
 * Statistics joins a system that has been running: what it knows of the past depends on what each style has left behind,
 * and nobody else notices. On a stack of its own, as it joins only once.
 */
import { strict as assert } from 'node:assert';
import { until } from '../../adapters/waiting.ts';
import { noSignup } from '../../domain/envelope.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { sourceOf, type Source } from '../../statistics/sources.ts';
import { countedDays, recount } from '../../tools/operator/statistics.ts';
import { watched } from '../../tracking/tracker.ts';
import { retell } from '../../tools/operator/retell.ts';
import { askSupervisor } from '../../tools/platform/control.ts';
import { arrival, clickUntilActedOn, linkOf, notifiedSignup, send, uniqueRequest } from '../client.ts';
import { databaseOf, untilAtRest } from '../inside.ts';
import { onOwnStack } from '../own-stack.ts';
import { theStack } from '../stack.ts';

const earlier = 5;
const activated = 2;
const later = 3;
const all = earlier + later;

/** How many signups are counted of a style, by how statistics hears of them: at first, and once all was told again. */
const knows: Record<Source, { atFirst: number; afterRetelling: number }> = {
  queue: { atFirst: later, afterRetelling: all },
  log: { atFirst: all, afterRetelling: all },
  histories: { atFirst: all, afterRetelling: all },
  list: { atFirst: all, afterRetelling: all },
};

type Counts = Record<Style, { opened: number; activated: number }>;

describe('A subscriber that joins late', () => {
  onOwnStack({});
  let arrived: number;

  it('knows nothing before it is started', async () => {
    assert.equal(await countedDays(theStack().addresses.databaseAdmin), undefined);
  });

  it('counts what each style has kept for it, also while the API is held', async () => {
    await signUp(earlier, activated);
    await untilAllIsTold();
    await theStack().hold('api');
    await askSupervisor(theStack().home, { do: 'start', process: 'statistics' });
    await theStack().release('api');
    await signUp(later, 0);
    arrived = await mails();
    await untilCounted('what each style has kept', atFirst());
  });

  it('counts the same when it is rebuilt, and nobody is sent anything', async () => {
    await recount(theStack().addresses.databaseAdmin);
    await untilCounted('the same again', atFirst());
    assert.equal(await mails(), arrived);
  });

  it('counts the same when it is killed in the middle of a rebuild', async () => {
    await recount(theStack().addresses.databaseAdmin);
    await theStack().kill('statistics');
    await untilCounted('the same again', atFirst());
    assert.equal(await mails(), arrived);
  });

  it('counts all of a queue, too, once the producers have told all of it again; still nobody is sent anything', async () => {
    await retell(theStack().addresses.databaseAdmin, { withinMs: 3_600_000 }, { isDry: false });
    await untilCounted(
      'all signups',
      forEachStyle((style) => ({ opened: knows[sourceOf(style)].afterRetelling, activated })),
    );
    assert.equal(await mails(), arrived);
  });

  it('can be stopped and started again, and asked for nothing else', async () => {
    const { home } = theStack();
    await askSupervisor(home, { do: 'stop', process: 'statistics' });
    assert.equal(theStack().pidOf('statistics'), undefined);
    await assert.rejects(askSupervisor(home, { do: 'stop', process: 'api' }), /process/);
    await askSupervisor(home, { do: 'start', process: 'statistics' });
    assert.ok(theStack().pidOf('statistics'));
  });
});

function atFirst(): Counts {
  return forEachStyle((style) => {
    const source = sourceOf(style);
    return { opened: knows[source].atFirst, activated: source === 'queue' ? 0 : activated };
  });
}

/** Signs up so many in each style, activates some of them, and waits until nothing of them is under way. */
async function signUp(count: number, activate: number): Promise<void> {
  await Promise.all(
    styles.flatMap((style) =>
      Array.from({ length: count }, async (_, index) => {
        const request = uniqueRequest(style);
        const { id } = await notifiedSignup(request);
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

async function untilCounted(what: string, expected: Counts): Promise<void> {
  await until(`statistics to count ${what}`, async () => {
    const days = (await countedDays(theStack().addresses.databaseAdmin)) ?? [];
    const counts = forEachStyle((style) => {
      const ofStyle = days.filter((day) => day.style === style);
      const sum = (of: 'opened' | 'activated') => ofStyle.reduce((whole, day) => whole + day[of], 0);
      return { opened: sum('opened'), activated: sum('activated') };
    });
    assert.deepEqual(counts, expected);
    return true;
  });
}
