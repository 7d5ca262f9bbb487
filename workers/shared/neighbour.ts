/** What another service keeps to itself, such as its outbox, read where it shows numbers: in its metrics. */
import { request } from 'undici';
import { below } from '../../domain/addresses.ts';
import type { Sample } from './metrics.ts';

const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/gm;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples in metrics of Prometheus's text format, by the name of their family. */
export function samplesIn(text: string): Map<string, Sample[]> {
  const all = new Map<string, Sample[]>();
  for (const [, name = '', inBraces = '', value] of text.matchAll(sample)) {
    const labels = Object.fromEntries([...inBraces.matchAll(label)].map(([, key, of]) => [key, of!]));
    all.set(name, [...(all.get(name) ?? []), { labels, value: Number(value) }]);
  }
  return all;
}

/** Reads the metrics of the process at `url`. Rejects where it does not answer within that time. */
export async function metricsOf(url: string, withinMs: number): Promise<Map<string, Sample[]>> {
  const { statusCode, body } = await request(below(url, '/metrics'), {
    signal: AbortSignal.timeout(withinMs),
  });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`the metrics at ${url} answered ${statusCode}`);
  return samplesIn(text);
}
