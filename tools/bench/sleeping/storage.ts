/** How much both stores hold: the database as its server says, Temporal's file as its pages say. */
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';

/** Bytes by store. */
export type Stored = { postgres: number; temporal: number };

/** Reads both. A Temporal server that is not ours has no file here, and so no figure. */
export async function stored(admin: pg.Client, home: string): Promise<Stored> {
  const { rows } = await admin.query<{ size: string }>('select pg_database_size(current_database()) as size');
  const file = readdirSync(home).find((name) => /^temporal-.*\.db$/.test(name));
  return { postgres: Number(rows[0]!.size), temporal: file ? bytesOf(join(home, file)) : NaN };
}

/**
 * The size of an SQLite database. What was committed last may be in its write-ahead log only, which is reused and says little by its
 * own size; but each commit in it says how many pages there are (https://www.sqlite.org/fileformat2.html#the_write_ahead_log).
 */
function bytesOf(file: string): number {
  const header = Buffer.alloc(100);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, header, 0, header.length, 0);
  closeSync(descriptor);
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  return pageSize * Math.max(header.readUInt32BE(28), pagesInLog(`${file}-wal`, pageSize));
}

function pagesInLog(file: string, pageSize: number): number {
  let log: Buffer;
  try {
    log = readFileSync(file);
  } catch {
    return 0;
  }
  if (log.length < 32) return 0;
  let pages = 0;
  // Frames of an earlier use of the log have another salt.
  const salt = log.subarray(16, 24);
  for (
    let at = 32;
    at + 24 <= log.length && log.subarray(at + 8, at + 16).equals(salt);
    at += 24 + pageSize
  ) {
    pages = log.readUInt32BE(at + 4) || pages;
  }
  return pages;
}
