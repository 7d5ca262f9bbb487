/**
 * Where the reading of a partition begins: at the position that the service has kept, unless the log does not have it
 * any more. A log that was made anew is read from its first record, and so is one that has lost what comes next.
 */
import type { Logger } from 'pino';
import type { Envelope } from '../../../domain/envelope.ts';
import type { Positions, Turn } from './positions.ts';

/** What a partition holds. */
export type Extent = {
  /** The number of its first record. */
  first: number;
  /** The number that the next record will have. */
  end: number;
  /** Differs once the log was deleted and made again; undefined where that cannot be known. */
  incarnation?: string | undefined;
};

/** How long a log keeps its records, as outboxes and deliveries are kept. */
export const keptDays = 30;

/**
 * Whether an event is as good as gone. A log is cut by whole segments, so it may hold records for much longer than it has
 * to; the rows are gone by which a service would know that it had them.
 */
export function isTooOld({ time }: Envelope): boolean {
  return Date.now() - Date.parse(time) > keptDays * 24 * 60 * 60 * 1000;
}

/** Looks up what partitions hold; those of which that cannot be said are left out. */
export type LookUp = (partitions: readonly number[]) => Promise<ReadonlyMap<number, Extent>>;

type Beginning = {
  positions: Positions;
  /** The name of the log. */
  name: string;
  log: Logger;
  /** Called before the positions in a log that was made anew are moved: what was in it may be lost. */
  onRemade?: (turns: readonly Turn[]) => Promise<void>;
};

/**
 * Begins a turn of each partition, at a record that the log has. A partition is left out while it cannot be said what it
 * holds: its position may be the next record, or of a log that is gone. Where nothing was read yet, that is the same.
 */
export async function beginTurns(
  partitions: readonly number[],
  lookUp: LookUp,
  options: Beginning,
): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (const partition of partitions) turns.push(await options.positions.begin(partition));
  // Not before: until its next turn begins a position moves on, and may come to be ahead of what was looked up.
  const extents = await lookUp(partitions);
  const known = turns.filter(({ partition }) => extents.has(partition));
  await findPlaces(known, extents, options);
  const begun = turns.filter((turn) => turn.next === 0 || known.includes(turn));
  for (const turn of turns) if (!begun.includes(turn)) turn.over.abort();
  return begun;
}

/** Moves each position that its partition does not have to the first record that it has. */
async function findPlaces(
  turns: readonly Turn[],
  extents: ReadonlyMap<number, Extent>,
  { positions, name, log, onRemade }: Beginning,
): Promise<void> {
  const extentOf = ({ partition }: Turn) => extents.get(partition)!;
  const remade = turns.filter((turn) => isRemade(turn, extentOf(turn)));
  if (remade.length > 0) {
    const partitions = remade.map(({ partition }) => partition);
    log.warn({ log: name, partitions }, 'the log was made anew, and is read from its beginning');
    await onRemade?.(remade);
  }
  for (const turn of turns) {
    const { first, incarnation } = extentOf(turn);
    if (remade.includes(turn)) {
      await positions.moveTo(turn, first, { incarnation, missed: 0, remade: 1 });
    } else if (turn.next < first) {
      const missed = turn.movedAt === null ? 0 : first - turn.next;
      const gone = { log: name, partition: turn.partition, from: turn.next, to: first - 1, missed };
      if (missed > 0) log.error(gone, 'records were gone before they were read');
      await positions.moveTo(turn, first, { incarnation, missed, remade: 0 });
    } else if (incarnation !== undefined && incarnation !== turn.incarnation) {
      await positions.recognise(turn, incarnation);
    }
  }
}

function isRemade({ next, incarnation }: Turn, extent: Extent): boolean {
  const isOther = incarnation !== null && (extent.incarnation ?? incarnation) !== incarnation;
  return isOther || next > extent.end;
}
