/**
 * How far a service has read a log: per partition the first record that it has not passed. Records are worked
 * on side by side, and the position follows the first that is in hand: at times behind what is committed,
 * never ahead of it.
 */
import { statement, type Database, type Queryable } from '../../../adapters/postgres.ts';
import { every } from '../../../adapters/waiting.ts';

// Cost 6 (streams): a log that can be read again makes idempotence more important, not less. The service keeps
// its inbox and its outbox, and these positions besides.

const beginTurn = statement<{
  next: number;
  turn: number;
  moved_at: string | null;
  incarnation: string | null;
}>(
  'begin-turn',
  `insert into positions (log, partition, turn) values ($1, $2, 1)
   on conflict (log, partition) do update set turn = positions.turn + 1
   returning next::float8, turn, moved_at, incarnation`,
);
const moveTo = statement(
  'move-to',
  `update positions
   set next = $4, missed = missed + $5, remade = remade + $6, incarnation = coalesce($7, incarnation), moved_at = now()
   where log = $1 and partition = $2 and turn = $3`,
);
const recognise = statement(
  'recognise',
  `update positions set incarnation = $4, moved_at = coalesce(moved_at, now())
   where log = $1 and partition = $2 and turn = $3`,
);
// In one order, so that two transactions do not wait for each other in a circle. Of transactions side by side
// the one that knows less may come last.
const moveOn = statement<{ partition: number }>(
  'move-on',
  `with mine as (
     select partition, told.next
     from positions join unnest($2::int[], $3::int[], $4::bigint[]) as told (partition, turn, next)
       using (partition, turn)
     where log = $1 order by partition for update of positions)
   update positions set next = greatest(positions.next, mine.next), moved_at = now()
   from mine where positions.log = $1 and positions.partition = mine.partition
   returning positions.partition`,
);
const selectTurns = statement<{ partition: number; turn: number }>(
  'select-turns',
  'select partition, turn from positions where log = $1',
);

const setAsideRecord = statement(
  'set-aside-record',
  `insert into set_aside (log, partition, position, content, reason) values ($1, $2, $3, $4, $5)
   on conflict do nothing`,
);

/** A position that an operator has moved is noticed within this time. */
const lookEveryMs = 1000;

/** Positions that no transaction has taken along are written so much later. */
const flushAfterMs = 250;

/** A process reads a partition in a turn, which ends for good once another turn begins. */
export type Turn = {
  readonly partition: number;
  readonly number: number;
  /** Aborted once this process is not to read on in this turn. */
  readonly over: AbortController;
  /** The record that follows the last that was taken. */
  next: number;
  /** When the position was last moved; null where nothing was read yet. */
  readonly movedAt: string | null;
  /** The incarnation of the log that the position was in; null where that is not known. */
  readonly incarnation: string | null;
  /** The position as it was last written by itself. */
  written: number;
  /** How many reactions are not done yet with each record in hand, in the order of the log. */
  readonly inHand: Map<number, number>;
};

/** A record in hand. */
export type Place = { turn: Turn; offset: number };

/** Why the log does not have a position: how many records are lost, and how often it was made anew. */
export type Found = { incarnation: string | undefined; missed: number; remade: number };

export type Positions = {
  /** Begins a turn where the last one has come to. */
  begin(partition: number): Promise<Turn>;
  /** Moves a position that the log does not have to one that it has. */
  moveTo(turn: Turn, next: number, found: Found): Promise<void>;
  /** Notes which incarnation of the log the position is in. */
  recognise(turn: Turn, incarnation: string): Promise<void>;
  /** A record is in hand, for so many reactions; one for none is passed. */
  take(place: Place, reactions: number): void;
  /** One reaction is done with it. */
  done(place: Place): void;
  /** Writes the positions as they will be once one reaction each is done with these. */
  write(transaction: Queryable, settled: readonly Place[]): Promise<void>;
  /** Keeps a record that cannot be read as a row, with the reason. */
  setAside(transaction: Queryable, place: Place, content: string, reason: string): Promise<void>;
  /** Writes what no transaction has taken along. */
  flush(): Promise<void>;
  /** Ends the turns that others have followed. */
  look(): Promise<void>;
  /** Looks for such turns every second, until the signal is aborted. */
  watch(signal: AbortSignal): void;
  /** How many records are in hand, over all turns that go on. */
  inHand(): number;
};

/** The positions of a service in the log of that name. */
export function openPositions(database: Database, log: string): Positions {
  const turns = new Set<Turn>();
  let flushing: NodeJS.Timeout | undefined;

  return {
    async begin(partition) {
      const [row] = await beginTurn(database, log, partition);
      const { next, turn: number, moved_at: movedAt, incarnation } = row!;
      for (const earlier of turns) if (earlier.partition === partition) earlier.over.abort();
      const over = new AbortController();
      const turn = { partition, number, over, next, movedAt, incarnation, written: next, inHand: new Map() };
      turns.add(turn);
      over.signal.addEventListener('abort', () => turns.delete(turn));
      return turn;
    },
    async moveTo(turn, next, { incarnation = null, missed, remade }) {
      await moveTo(database, log, turn.partition, turn.number, next, missed, remade, incarnation);
      turn.next = next;
      turn.written = next;
    },
    async recognise({ partition, number }, incarnation) {
      await recognise(database, log, partition, number, incarnation);
    },
    take({ turn, offset }, reactions) {
      if (reactions > 0) turn.inHand.set(offset, reactions);
      turn.next = offset + 1;
      flushLater();
    },
    done({ turn, offset }) {
      const left = turn.inHand.get(offset) ?? 0;
      if (left > 1) turn.inHand.set(offset, left - 1);
      else turn.inHand.delete(offset);
      flushLater();
    },
    async write(transaction, settled) {
      const settledIn = (turn: Turn) => settled.filter((place) => place.turn === turn);
      const moved = [...turns]
        .filter((turn) => settledIn(turn).length > 0)
        .map((turn) => ({ turn, next: positionOf(turn, settledIn(turn)) }));
      await writeAll(transaction, moved);
    },
    async setAside(transaction, { turn, offset }, content, reason) {
      // Postgres takes a NUL in no text.
      await setAsideRecord(transaction, log, turn.partition, offset, content.replaceAll('\0', ''), reason);
    },
    flush,
    look,
    watch(signal) {
      void every(lookEveryMs, () => look().catch(() => {}), signal, { ref: false });
    },
    inHand: () => [...turns].reduce((sum, { inHand }) => sum + inHand.size, 0),
  };

  async function look(): Promise<void> {
    if (turns.size === 0) return;
    const current = new Map((await selectTurns(database, log)).map((row) => [row.partition, row.turn]));
    for (const turn of turns) if (current.get(turn.partition) !== turn.number) turn.over.abort();
  }

  function flushLater(): void {
    flushing ??= setTimeout(() => void flush().catch(flushLater), flushAfterMs).unref();
  }

  async function flush(): Promise<void> {
    clearTimeout(flushing);
    flushing = undefined;
    const moved = [...turns].map((turn) => ({ turn, next: positionOf(turn) }));
    await writeAll(database, moved);
    for (const { turn, next } of moved) turn.written = next;
  }

  async function writeAll(on: Queryable, all: readonly { turn: Turn; next: number }[]): Promise<void> {
    const moved = all.filter(({ turn, next }) => next > turn.written);
    if (moved.length === 0) return;
    const written = await moveOn(
      on,
      log,
      moved.map(({ turn }) => turn.partition),
      moved.map(({ turn }) => turn.number),
      moved.map(({ next }) => next),
    );
    const partitions = new Set(written.map(({ partition }) => partition));
    for (const { turn } of moved) if (!partitions.has(turn.partition)) turn.over.abort();
  }
}

/** The first record that is not passed once one reaction more is done with each of `settled`. */
export function positionOf(
  { next, inHand }: Pick<Turn, 'next' | 'inHand'>,
  settled: readonly Pick<Place, 'offset'>[] = [],
): number {
  const leaving = new Map<number, number>();
  for (const { offset } of settled) leaving.set(offset, (leaving.get(offset) ?? 0) + 1);
  for (const [offset, reactions] of inHand) if ((leaving.get(offset) ?? 0) < reactions) return offset;
  return next;
}
