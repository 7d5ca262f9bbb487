/**
 * What a page was really sent of `/events`, read off its connection by the browser's own tools: over all streams, whether one was
 * cut, and whatever the page made of it.
 */
import type { Page } from 'playwright-core';

/** The ids of the entries that each stream brought, in the order in which the streams were opened. */
export type Streamed = { streams: () => number[][] };

/** Reads along from now on; to be called before the page is opened. */
export async function readAlong(page: Page): Promise<Streamed> {
  const session = await page.context().newCDPSession(page);
  const streams = new Map<string, { begin: string; rest: string }>();
  session.on('Network.dataReceived', ({ requestId, data }) => {
    const stream = streams.get(requestId);
    if (stream && data !== undefined) stream.rest += fromBase64(data);
  });
  session.on('Network.responseReceived', ({ requestId, response: { url, status } }) => {
    if (status !== 200 || new URL(url).pathname !== '/events') return;
    const stream = { begin: '', rest: '' };
    streams.set(requestId, stream);
    session.send('Network.streamResourceContent', { requestId }).then(
      ({ bufferedData }) => (stream.begin = fromBase64(bufferedData)),
      // The stream has ended before it was asked for, so nothing of it is known: a gap, which the test notices.
      () => {},
    );
  });
  await session.send('Network.enable');
  return {
    streams: () =>
      [...streams.values()].map(({ begin, rest }) =>
        [...`${begin}${rest}`.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
      ),
  };
}

const fromBase64 = (data: string) => Buffer.from(data, 'base64').toString('latin1');
