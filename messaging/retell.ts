/**
 * Telling again: what a service has told lately is published once more, as where a queue was purged or a broker was lost. Whoever
 * has had an event knows it by its id and does nothing; whoever has lost it gets it. The relays of the service do the publishing.
 */
import { openDatabase, statement } from '../adapters/postgres.ts';

/** Which events: those published within so many milliseconds, of all signups or of one. */
export type Lately = { withinMs: number; signupId?: string | undefined };

/** How many events of a service are told again, or would be. */
export type Retold = { service: string; events: number };

/** The services that tell events; the tracker only listens. */
const telling = ['accounts', 'messages'] as const;
type Telling = (typeof telling)[number];

/** A batch is so small that no statement runs into its time limit, and no relay waits for it. */
const batchSize = 5000;

const which = `sent_at > $1::timestamptz - $2::float8 * interval '1 ms' and sent_at <= $1
     and ($3::uuid is null or signup_id = $3)`;
const perService = <T>(make: (service: Telling) => T) =>
  Object.fromEntries(telling.map((service) => [service, make(service)])) as Record<Telling, T>;

const selectNow = statement<{ now: string }>('select-now', 'select now()');
const countSent = perService((service) =>
  statement<{ events: number }>(
    `count-sent-of-${service}`,
    `select count(*)::int as events from ${service}.outbox where ${which}`,
  ),
);
const markUnsent = perService((service) =>
  statement<{ events: number }>(
    `mark-unsent-of-${service}`,
    `with sent as (select id from ${service}.outbox where ${which} order by position limit $4 for update skip locked),
          unsent as (update ${service}.outbox set sent_at = null where id in (select id from sent) returning 1)
     select count(*)::int as events from unsent`,
  ),
);

/** Has events told again, or only counts them. `url` is an administrator's: no service may write another's outbox. */
export async function retell(
  url: string,
  { withinMs, signupId }: Lately,
  { isDry }: { isDry: boolean },
): Promise<Retold[]> {
  const database = openDatabase(url, { connections: 1 });
  try {
    // What a relay publishes from now on is marked with a later time, and so not taken a second time.
    const [until] = await selectNow(database);
    const lately = [until!.now, withinMs, signupId ?? null];
    const retold: Retold[] = [];
    for (const service of telling) {
      let events = 0;
      for (let batch = Infinity; batch > 0;) {
        const [found] = isDry
          ? await countSent[service](database, ...lately)
          : await markUnsent[service](database, ...lately, batchSize);
        events += found!.events;
        batch = isDry ? 0 : found!.events;
      }
      retold.push({ service, events });
    }
    return retold;
  } finally {
    await database.end();
  }
}
