/** Times and names in the words of the page: short, and the same wherever they stand. */
import type { Channel } from '../../domain/process.ts';
import { h, type Html } from '../components/h.ts';

/** A number that is not there, in the two ways there are. */
export const missing = { yet: 'not yet', here: 'not here' } as const;

/** A time as a person reads it: `4 ms`, `1.2 s`, `12 s`, `3 min`, `2 h 5 min`, `6 d 23 h`. */
export function lasting(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** What is left of a time, in whole seconds: a clock that runs down moves once a second. */
export function left(ms: number): string {
  return `${Math.max(0, Math.ceil(ms / 1000))} s`;
}

const wordsOfChannels: Partial<Record<Channel, { sign: string; word: string }>> = {
  email: { sign: '✉', word: 'mail' },
  sms: { sign: '☏', word: 'SMS' },
};

/** A channel: its sign, which is decoration, and its word. One that has no words of its own goes by its name. */
export function wordsOfChannel(channel: Channel): { sign: string; word: string } {
  return wordsOfChannels[channel] ?? { sign: '▪', word: channel };
}

/** A time of the day to the millisecond, in UTC as everywhere in Duet. */
export const clockTime = (at: string | number): string => new Date(at).toISOString().slice(11, 23);

/** A text with what stands in backticks as code. */
export function withCommand(text: string): (string | Html)[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? h('code', null, part) : part));
}
