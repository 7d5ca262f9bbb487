/** A system under load, as its customers see it: they sign up over HTTP, and are notified. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Played, SystemName } from './figures.ts';
import { openWatcher, type NotifiedRecord } from './watcher.ts';

/** A system that can be measured. */
export type System = {
  name: SystemName;
  /** Where `POST /signups` goes. */
  url: string;
  /** What the request says besides who signs up. */
  extra: Record<string, string>;
  record: NotifiedRecord;
  /** The database whose commits count. */
  database: string;
  /** A 503 is repeated with its key, as a careful client does it; not where it is to be seen how fast the system is. */
  repeats?: true;
  /** The processes whose CPU time counts: its own, and the servers it uses. */
  processes: readonly string[];
};

export type Target = {
  /** Signs somebody up who has not been before. `sentAt` is earlier than now where the request should have left earlier. */
  signUp(sentAt?: number): Promise<Played>;
  /** The database process that only watches. */
  watcher: number;
  close(): Promise<void>;
};

let people = 0;

/** Opens connections to a system. Who signs up follows from `seed`, and never comes twice. */
export async function openTarget(system: System, seed: number): Promise<Target> {
  const watcher = await openWatcher(system.record);
  const pool = new Pool(system.url, { headersTimeout: 60_000 });
  return {
    watcher: watcher.backend,
    async signUp(sentAt = performance.now()) {
      const request = JSON.stringify({ ...nextPerson(seed), ...system.extra });
      const key = system.repeats ? { 'idempotency-key': randomUUID() } : {};
      const post = async () => {
        const { statusCode, body } = await pool.request({
          method: 'POST',
          path: '/signups',
          headers: { 'content-type': 'application/json', ...key },
          body: request,
        });
        return { statusCode, answer: await body.text() };
      };
      let { statusCode, answer } = await post();
      for (let times = 1; system.repeats && statusCode === 503 && times < 10; times += 1) {
        await delay(1000);
        ({ statusCode, answer } = await post());
      }
      // Some answer once all is done, the others before.
      if (statusCode !== 201 && statusCode !== 202)
        throw new Error(`${system.name} answered ${statusCode} to a signup: ${answer}`);
      const acceptedAt = performance.now();
      const { id } = JSON.parse(answer) as { id: string };
      return { sentAt, acceptedAt, notifiedAt: await watcher.notified(id) };
    },
    async close() {
      await pool.close();
      await watcher.close();
    },
  };
}

function nextPerson(seed: number) {
  people += 1;
  const number = String(people).padStart(8, '0');
  return { email: `bench-${seed}-${number}@example.com`, phone: `+1999${number}`, name: 'Ada Lovelace' };
}
