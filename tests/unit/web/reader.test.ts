/** The reader of the feed, against a server that cuts, stalls, and answers 503: nothing is missed, and nothing is read twice. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../../adapters/waiting.ts';
import type { StreamState } from '../../../web/page.ts';
import { createReader, type Reader, type ReaderOptions } from '../../../web/reader.ts';

type Answer = (response: ServerResponse, after: number, request: IncomingMessage) => void;

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const event = (id: number) => `id: ${id}\nevent: step\ndata: {"id":${id}}\n\n`;
const open = (response: ServerResponse) => response.writeHead(200, { 'content-type': 'text/event-stream' });

/** Reads from a server that gives each request the next of these answers, and the last one again. */
async function reading(
  answers: readonly Answer[],
  test: (seen: {
    read: number[];
    frames: number[];
    states: StreamState[];
    asked: (string | undefined)[];
    reader: Reader;
  }) => Promise<void>,
  options: Partial<ReaderOptions> = {},
): Promise<void> {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const last = request.headers['last-event-id'];
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(Array.isArray(last) ? last[0] : last);
    answer?.(response, Number(last ?? 0), request);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const [read, frames, states]: [number[], number[], StreamState[]] = [[], [], []];
  const reader = createReader({
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    token: () => null,
    onEntries: (entries) => {
      frames.push(entries.length);
      read.push(...entries.map(({ id }) => id));
    },
    onState: (state) => states.push(state),
    onFrame: (callback) => void setTimeout(callback, 5),
    pace: { firstRetryMs: 5, longestRetryMs: 20, silentAfterMs: 1000 },
    ...options,
  });
  try {
    reader.go();
    await test({ read, frames, states, asked, reader });
  } finally {
    reader.rest();
    server.closeAllConnections();
    server.close();
  }
}

describe('The reader of the feed', () => {
  it('reads on from its last entry where a stream is cut, in the middle of an entry too', async () => {
    const cut: Answer = (response, after) => {
      open(response).write(event(after + 1) + event(after + 2));
      response.write(event(after + 3).slice(0, 20), () => response.destroy());
    };
    const rest: Answer = (response, after) => {
      open(response).write(
        ids(after + 1, 9)
          .map(event)
          .join(''),
      );
    };
    await reading([cut, cut, rest], async ({ read, asked }) => {
      await until('all entries', () => read.length >= 9);
      assert.deepEqual(read, ids(1, 9));
      assert.deepEqual(asked, [undefined, '2', '4']);
    });
  });

  it('gives up a stream that says nothing, and takes a heartbeat for a sign of life', async () => {
    const silent: Answer = (response) => void open(response).write(event(1));
    const beating: Answer = (response) => {
      open(response).flushHeaders();
      const beat = setInterval(() => response.write(': heartbeat\n\n'), 50);
      setTimeout(() => response.write(event(2)), 2500);
      response.on('close', () => clearInterval(beat));
    };
    await reading([silent, beating], async ({ read, asked }) => {
      await until('both entries', () => read.length >= 2);
      assert.deepEqual(read, [1, 2]);
      assert.deepEqual(asked, [undefined, '1']);
    });
  });

  it('asks again where it is answered 503, and says since when the stream is away', async () => {
    const away: Answer = (response) => void response.writeHead(503).end();
    const there: Answer = (response) => void open(response).write(event(1));
    await reading([away, away, away, there], async ({ read, states }) => {
      await until('the entry', () => read.length >= 1);
      assert.ok(typeof states[0] === 'object', `${JSON.stringify(states)} begins with being away`);
      await until('the stream to be live', () => states.at(-1) === 'live');
      assert.equal(states.filter((state) => typeof state === 'object').length, 1);
    });
  });

  it('hands on at most so many entries in a frame, and says meanwhile that it catches up', async () => {
    const many: Answer = (response) => void open(response).write(ids(1, 5000).map(event).join(''));
    await reading(
      [many],
      async ({ read, frames, states }) => {
        await until('all entries', () => read.length >= 5000);
        assert.deepEqual(read, ids(1, 5000));
        assert.ok(frames.every((length) => length <= 2000));
        assert.ok(states.includes('catching up'));
        await until('the stream to be live', () => states.at(-1) === 'live');
      },
      // Slowly, so that there is more to come in each.
      { pace: {}, onFrame: (callback) => void setTimeout(callback, 300) },
    );
  });

  it('closes its stream where it rests, and reads on from there', async () => {
    const closed: number[] = [];
    const next: Answer = (response, after) => {
      open(response).write(event(after + 1));
      response.on('close', () => closed.push(after));
    };
    await reading([next], async ({ read, reader, states }) => {
      await until('the first entry', () => read.length === 1);
      reader.rest();
      await until('the stream to be closed', () => closed.length === 1);
      assert.equal(states.at(-1), 'paused');
      reader.go();
      await until('the next entry', () => read.length === 2);
      assert.deepEqual(read, [1, 2]);
    });
  });

  it('hands on nothing while it rests, and then what it had read by then, once', async () => {
    const frames: (() => void)[] = [];
    const next: Answer = (response, after) => void open(response).write(event(after + 1) + event(after + 2));
    await reading(
      [next],
      async ({ read, reader, states, asked }) => {
        await until('a frame to be asked for', () => frames.length === 1);
        reader.rest();
        frames.shift()?.();
        assert.deepEqual(read, []);
        assert.equal(states.at(-1), 'paused');
        reader.go();
        await until('all entries', () => {
          frames.shift()?.();
          return read.length >= 4;
        });
        assert.deepEqual(read, ids(1, 4));
        assert.deepEqual(asked, [undefined, '2']);
      },
      { onFrame: (callback) => void frames.push(callback) },
    );
  });

  it('reads on from where it began, where it is cut off before its first entry', async () => {
    const cut: Answer = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'last-event-id': '7' });
      response.write('retry: 1000\n\n');
      setTimeout(() => response.destroy(), 50);
    };
    const rest: Answer = (response, after) => void open(response).write(event(after + 1));
    await reading([cut, rest], async ({ read }) => {
      await until('the entry', () => read.length === 1);
      assert.deepEqual(read, [8]);
    });
  });

  it('begins after a given entry, and bears the token', async () => {
    const bearing: (string | undefined)[] = [];
    const one: Answer = (response, after, { headers }) => {
      bearing.push(headers.authorization);
      open(response).write(event(after + 1));
    };
    await reading(
      [one],
      async ({ read }) => {
        await until('the entry', () => read.length === 1);
        assert.deepEqual(read, [42]);
        assert.deepEqual(bearing, ['Bearer secret']);
      },
      { after: 41, token: () => 'secret' },
    );
  });
});
