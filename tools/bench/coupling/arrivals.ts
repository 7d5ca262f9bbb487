/** When signups were notified, read off the file in which the mailbox keeps what arrived: nothing that is measured is asked. */
import { open, stat } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import { channelNames, type Channel } from '../../../domain/process.ts';

export type Arrivals = {
  /** Reads what has come since the last time, and says when the last of all came; undefined where none did. */
  read(): Promise<number | undefined>;
  /** When the welcome had come over every channel; undefined until then. */
  notifiedAt(signupId: string): number | undefined;
};

/** Reads from the present end of the file on. */
export async function openArrivals(file: string): Promise<Arrivals> {
  let { size: position } = await stat(file).catch(() => ({ size: 0 }));
  const decoder = new StringDecoder('utf8');
  let begun = '';
  let lastAt: number | undefined;
  const welcomes = new Map<string, Partial<Record<Channel, number>>>();
  return {
    async read() {
      const { bytes, text } = await readFrom(file, position, decoder);
      position += bytes;
      const lines = (begun + text).split('\n');
      begun = lines.pop() ?? '';
      for (const line of lines) {
        const welcome = welcomeIn(line);
        if (!welcome) continue;
        const { signupId, channel, at } = welcome;
        lastAt = Math.max(at, lastAt ?? at);
        welcomes.set(signupId, { [channel]: at, ...welcomes.get(signupId) });
      }
      return lastAt;
    },
    notifiedAt(signupId) {
      const times = channelNames.map((channel) => welcomes.get(signupId)?.[channel]);
      return times.includes(undefined) ? undefined : Math.max(...(times as number[]));
    },
  };
}

async function readFrom(file: string, position: number, decoder: StringDecoder) {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.max(0, size - position));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
    return { bytes: bytesRead, text: decoder.write(buffer.subarray(0, bytesRead)) };
  } finally {
    await handle.close();
  }
}

/** The welcome that a line of the file is about. */
function welcomeIn(line: string): { signupId: string; channel: Channel; at: number } | undefined {
  if (line === '') return undefined;
  const arrival = JSON.parse(line) as {
    channel: Channel;
    receivedAt: string;
    source?: string;
    signupId?: string | null;
    purpose?: string | null;
  };
  const { channel, receivedAt, source } = arrival;
  const [, signupId, purpose] =
    source === undefined
      ? [undefined, arrival.signupId, arrival.purpose]
      : (/^Message-ID: <([^.@]+)\.([^@]+)@/im.exec(source) ?? []);
  if (!signupId || purpose !== 'welcome') return undefined;
  return { signupId, channel, at: Date.parse(receivedAt) };
}
