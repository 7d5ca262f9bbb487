/** The text format of Prometheus, read strictly: what it does not allow is an error. */
import { strict as assert } from 'node:assert';

export type Samples = {
  /** The value of a sample; undefined where it is absent. `labels` need not be all it has. */
  value(name: string, labels?: Record<string, string>): number | undefined;
  names: Set<string>;
  labels: { name: string; value: string }[];
};

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (NaN|[+-]?Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g;

/** Reads metrics. Fails on a line that is none, a sample without type, one that comes twice, a histogram that is none. */
export function readMetrics(text: string): Samples {
  const types = new Map<string, string>();
  const samples = new Map<string, { name: string; labels: Record<string, string>; value: number }>();
  assert.ok(text.endsWith('\n'), 'the last line is ended');
  for (const written of text.split('\n')) {
    if (written === '' || written.startsWith('# HELP ')) continue;
    const [, family, type] = /^# TYPE (\S+) (counter|gauge|histogram|summary|untyped)$/.exec(written) ?? [];
    if (family !== undefined && type !== undefined) {
      assert.ok(!types.has(family), `${family} has one type`);
      types.set(family, type);
      continue;
    }
    const [, name = '', inBraces = '', value = ''] = line.exec(written) ?? [];
    assert.notEqual(name, '', `this is no sample: ${written}`);
    const labels = Object.fromEntries([...inBraces.matchAll(label)].map(([, key, of]) => [key, of!]));
    assert.equal(inBraces.replaceAll(label, ''), '', `these are no labels: ${inBraces}`);
    const isTyped = types.has(name) || types.has(name.replace(/_(bucket|sum|count)$/, ''));
    assert.ok(isTyped, `${name} has a type before its first sample`);
    const key = `${name} ${JSON.stringify(Object.entries(labels).toSorted())}`;
    assert.ok(!samples.has(key), `${key} comes once`);
    samples.set(key, { name, labels, value: Number(value.replace('Inf', 'Infinity')) });
  }
  const all = [...samples.values()];
  for (const [family, type] of types) if (type === 'histogram') assertHistogram(family);
  return {
    value: (name, wanted = {}) =>
      all.find(
        (sample) =>
          sample.name === name && Object.entries(wanted).every(([key, of]) => sample.labels[key] === of),
      )?.value,
    names: new Set(all.map(({ name }) => name)),
    labels: all.flatMap(({ labels }) => Object.entries(labels).map(([name, value]) => ({ name, value }))),
  };

  /** Each series has buckets that only grow, up to one for all, which is its count. */
  function assertHistogram(family: string): void {
    const series = (labels: Record<string, string>) => {
      const { le: _, ...others } = labels;
      return JSON.stringify(Object.entries(others).toSorted());
    };
    for (const count of all.filter(({ name }) => name === `${family}_count`)) {
      const buckets = all
        .filter(({ name, labels }) => name === `${family}_bucket` && series(labels) === series(count.labels))
        .map(({ labels, value }) => ({ bound: Number(labels['le']?.replace('Inf', 'Infinity')), value }))
        .toSorted((one, other) => one.bound - other.bound);
      assert.ok(
        buckets.every(({ value }, index) => value >= (buckets[index - 1]?.value ?? 0)),
        family,
      );
      assert.deepEqual(buckets.at(-1), { bound: Infinity, value: count.value }, family);
    }
  }
}
