/**
 * Telling again: what a service has told since a time is published once more, because a listener or an
 * operator asked for it. What is asked for is a row; by it the relays of the service make events unsent, in
 * batches, and publish them. A listener that has had an event knows it by its id.
 */
import { inTransaction, statement, type Database, type Queryable } from '../adapters/postgres.ts';
import type { Style } from '../domain/signup.ts';

/** Which events are told again: of a style, under these keys or all, since then or ever, of one signup or of all. */
export type Retelling = {
  style: Style;
  keys?: readonly string[] | undefined;
  since?: string | undefined;
  signupId?: string | undefined;
};

const askToRetellStatement = statement(
  'ask-to-retell',
  `insert into retellings (id, style, keys, since, signup_id) values ($1, $2, $3, $4, $5) on conflict do nothing`,
);

/** Has events of this service told again once the transaction is committed; of one `id`, only once. */
export async function askToRetell(
  transaction: Queryable,
  id: string,
  { style, keys, since, signupId }: Retelling,
): Promise<void> {
  await askToRetellStatement(transaction, id, style, keys ?? null, since ?? null, signupId ?? null);
}

type Claimed = { id: string; until: string | null };

const claimRetelling = statement<Claimed>(
  'claim-retelling',
  'select id, until from retellings order by asked_at limit 1 for update skip locked',
);
// Housekeeping of the listeners forgets deliveries after 30 days: what is older would be new to them.
const isAskedFor = `(retellings.style is null or retellings.style = outbox.style) and (keys is null or key = any(keys)) and (retellings.signup_id is null or outbox.signup_id = retellings.signup_id)
     and written_at > now() - interval '30 days'`;
// An event that is being published at this moment may miss its listener: its mark as sent, which is still to
// come, is not to count.
const repeatUnsent = statement(
  'repeat-unsent',
  `update outbox set retold = retold + 1 from retellings
   where retellings.id = $1 and sent_at is null and ${isAskedFor}`,
);
// Not the time of the transaction: by this time each event has its mark, or will not get the one that is
// under way.
const setUntil = statement('set-until', 'update retellings set until = clock_timestamp() where id = $1');
// What is published from now on gets a later mark, and so is not taken a second time.
const makeUnsent = statement<{ events: number }>(
  'make-unsent',
  `with sent as (
     select outbox.id from outbox, retellings
     where retellings.id = $1 and sent_at > coalesce(since, '-infinity') and sent_at <= until and ${isAskedFor}
     limit $2),
   unsent as (
     update outbox set sent_at = null, retold = retold + 1 where id in (select id from sent) returning 1)
   select count(*)::int as events from unsent`,
);
const removeRetelling = statement('remove-retelling', 'delete from retellings where id = $1');

/** A batch is so small that no statement runs into its time limit, and no relay waits for it. */
const batchSize = 5000;

/** Makes a batch of what is asked for unsent, of one request that no other process works on. */
export async function retellSome(database: Database): Promise<void> {
  await inTransaction(database, async (transaction) => {
    const [retelling] = await claimRetelling(transaction);
    if (!retelling) return;
    const { id, until } = retelling;
    if (until === null) {
      await repeatUnsent(transaction, id);
      await setUntil(transaction, id);
    }
    const [made] = await makeUnsent(transaction, id, batchSize);
    if (made!.events < batchSize) await removeRetelling(transaction, id);
  });
}
