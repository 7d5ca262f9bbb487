/** What the lab puts around the adapters of a process: the crash points of that process, and a defect where it is to have one. */
import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import type { ClientBase, QueryConfig } from 'pg';
import { ConfigurationError } from '../../adapters/config.ts';
import type { Database } from '../../adapters/postgres.ts';
import { styles, type Style } from '../../domain/signup.ts';
import type { InjectionModule } from '../../workers/shared/injection.ts';
import { conditionsIn, isTurn, isTurnOfAll } from './armed.ts';
import { defects } from './defects.ts';
import { crashPoints, type Line, type PointName } from './points.ts';

/**
 * How long a process that is to die waits for another one to reach the point, after each, and for all of them. Styles that share it then
 * meet the same crash at the same line, and none of them is hit by the crash of another one somewhere else.
 */
const gather = { forNextMs: 2000, forAllMs: 6000 };

type Armed = { point: PointName; style: Style; line: Line };
type Named = QueryConfig & { name: string };

/** The injection for the process `name`, as the lab's folder wants it at this moment. */
export const injectionFor: InjectionModule['injectionFor'] = (name) => {
  const folder = labFolder();
  const lines = Object.entries(crashPoints).flatMap(([point, byStyle]): Armed[] =>
    styles.flatMap((style) => {
      const line: Line | undefined = byStyle[style];
      return line?.process === name ? [{ point: point as PointName, style, line }] : [];
    }),
  );
  const conditions = conditionsIn(folder);
  /** The point that was reached, by the first of those who stand still there. */
  let reached: PointName | undefined;
  let diesAtMs: number;
  let dying: NodeJS.Timeout | undefined;
  const defective = defects[conditions.defect ?? '']?.(conditions);

  return {
    database(opened) {
      const rewrite = defective?.statement ?? ((query: Named) => query);
      return watched(opened, rewrite, dieAtStatement, dieAtCommit);
    },
    mail(opened) {
      const { send } = defective?.mail?.(opened) ?? opened;
      return {
        ...opened,
        async send(mail) {
          await dieIf(({ line }) => 'mail' in line && line.when === 'before' && isAbout(line.mail), mail.id);
          const answer = await send(mail);
          await dieIf(({ line }) => 'mail' in line && line.when === 'after' && isAbout(line.mail), mail.id);
          return answer;

          function isAbout(purpose: string): boolean {
            return mail.id.endsWith(`.${purpose}`);
          }
        },
      };
    },
    client(opened) {
      const start = opened.workflow.executeUpdateWithStart.bind(opened.workflow);
      opened.workflow.executeUpdateWithStart = (async (...given: Parameters<typeof start>) => {
        const answer: unknown = await start(...given);
        await dieIf(
          ({ line }) => 'answerOf' in line,
          JSON.stringify(given[1].startWorkflowOperation.options),
        );
        return answer;
      }) as Client['workflow']['executeUpdateWithStart'];
      return opened;
    },
    worker(settings) {
      const changed = defective?.worker?.(settings) ?? settings;
      if (!lines.some(({ line }) => 'commandWith' in line)) return changed;
      return { ...changed, dataConverter: { payloadCodecs: [commandsSeenBy(dieAtCommand)] } };
    },
  };

  function dieAtStatement({ name: statement, values }: Named): void {
    void dieIf(({ line }) => 'statement' in line && line.statement === statement, JSON.stringify(values));
  }
  async function dieAtCommit(ran: readonly Named[], when: 'before' | 'after'): Promise<void> {
    const isHere =
      (statement: string) =>
      ({ line }: Armed) =>
        'commitOf' in line && line.commitOf === statement && line.when === when;
    await Promise.all(ran.map((query) => dieIf(isHere(query.name), JSON.stringify(query.values))));
  }
  function dieAtCommand(content: string): void {
    void dieIf(({ line }) => 'commandWith' in line && content.includes(line.commandWith), content);
  }

  /** Dies at once, or stands still until it does; resolves where it goes on. */
  async function dieIf(isHere: (armed: Armed) => boolean, values: string): Promise<void> {
    for (const armed of lines) {
      const { point, style, line } = armed;
      if (!isHere(armed) || !values.includes(line.about ?? '')) continue;
      // The kernel ends the process before this call returns.
      if (isTurn(folder, point, style, values)) process.kill(process.pid, 'SIGKILL');
      if (reached === undefined && isTurnOfAll(folder, point)) {
        reached = point;
        diesAtMs = Date.now() + gather.forAllMs;
      }
      if (reached === point) await standStill();
    }
  }
  function standStill(): Promise<never> {
    clearTimeout(dying);
    const leftMs = Math.min(gather.forNextMs, diesAtMs - Date.now());
    dying = setTimeout(() => process.kill(process.pid, 'SIGKILL'), leftMs);
    return new Promise(() => {});
  }
};

function labFolder(): string {
  const { LAB_FOLDER: folder } = process.env;
  if (folder) return folder;
  throw new ConfigurationError(
    'LAB_FOLDER is not set, expected a folder (set by the failure lab for its stack)',
  );
}

/**
 * A pool whose statements are seen: each before it is sent, and those of a transaction around its commit. A statement outside of one
 * is its own transaction.
 */
function watched(
  pool: Database,
  rewrite: (query: Named) => Named,
  atStatement: (query: Named) => void,
  atCommit: (ran: readonly Named[], when: 'before' | 'after') => Promise<void>,
): Database {
  const alone = pool.query.bind(pool) as (query: unknown, ...rest: unknown[]) => Promise<unknown>;
  pool.query = (async (given: unknown, ...rest: unknown[]) => {
    if (!isNamed(given)) return alone(given, ...rest);
    const query = rewrite(given);
    atStatement(query);
    await atCommit([query], 'before');
    const result = await alone(query, ...rest);
    await atCommit([query], 'after');
    return result;
  }) as Database['query'];
  pool.on('connect', (client) => {
    let ran: Named[] = [];
    const send = client.query.bind(client) as (query: unknown, ...rest: unknown[]) => Promise<unknown>;
    client.query = ((given: unknown, ...rest: unknown[]) => {
      // With a callback it is the pool that asks, for a statement seen above.
      if (rest.some((each) => typeof each === 'function')) return send(given, ...rest);
      if (given === 'begin') ran = [];
      if (given === 'commit') {
        const committed = ran;
        return atCommit(committed, 'before')
          .then(() => send(given))
          .then(async (result) => {
            await atCommit(committed, 'after');
            return result;
          });
      }
      if (!isNamed(given)) return send(given, ...rest);
      const query = rewrite(given);
      atStatement(query);
      ran.push(query);
      return send(query, ...rest);
    }) as ClientBase['query'];
  });
  return pool;
}

function isNamed(query: unknown): query is Named {
  return typeof query === 'object' && query !== null && 'name' in query;
}

/** Sees what a workflow task has decided, before the server is told. */
function commandsSeenBy(see: (content: string) => void): PayloadCodec {
  return {
    async encode(payloads) {
      for (const { data } of payloads) if (data) see(Buffer.from(data).toString('utf8'));
      return payloads;
    },
    decode: async (payloads) => payloads,
  };
}
