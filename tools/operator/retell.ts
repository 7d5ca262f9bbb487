/**
 * An operator has events told again: a row for each service that tells, by which its relays publish them once
 * more (`messaging/retell.ts`). Only an administrator may write into the schemas of several services.
 */
import { openDatabase } from '../../adapters/postgres.ts';

/** How many events of a service are told again, or would be. */
export type Retold = { service: string; events: number };

/** The services that tell events; the tracker only listens. */
const telling = ['accounts', 'notifications'] as const;

/** Has events of all services told again, or only counts them. `url` is an administrator's. */
export async function retell(
  url: string,
  { withinMs, signupId }: { withinMs: number; signupId?: string | undefined },
  { isDry }: { isDry: boolean },
): Promise<Retold[]> {
  const database = openDatabase(url, { connections: 1 });
  try {
    const retold: Retold[] = [];
    for (const service of telling) {
      const { rows } = await database.query<{ since: string; events: number }>(
        `with since as (select now() - $1::float8 * interval '1 ms' as since)
         select since, (select count(*)::int from ${service}.outbox
                        where sent_at > since and ($2::uuid is null or signup_id = $2)) as events
         from since`,
        [withinMs, signupId ?? null],
      );
      const { since, events } = rows[0]!;
      if (!isDry) {
        await database.query(
          `insert into ${service}.retellings (id, since, signup_id) values (gen_random_uuid(), $1, $2)`,
          [since, signupId ?? null],
        );
      }
      retold.push({ service, events });
    }
    return retold;
  } finally {
    await database.end();
  }
}
