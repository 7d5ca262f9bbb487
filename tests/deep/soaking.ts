/** Steady load for a while, during which every signup ends right and the heap of each process of ours stays level. */
import { strict as assert } from 'node:assert';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../adapters/waiting.ts';
import { ourProcesses } from '../../tools/bench/figures.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { arrival, clickUntilActedOn, linkIn, signupThat, startSignup, uniqueRequest } from '../client.ts';
import { onOwnStack } from '../own-stack.ts';
import { theStack } from '../stack.ts';

/** Who keeps what a signup left behind, keeps far more than this of each. A leak of 28 kB per workflow took hours to find. */
const bytesPerSignup = 6000;
const clientsPerStyle = 4;
const fewestSamples = 6;
/** Over fewer signups, what a heap holds by chance looks like growth with each. */
const fewestSignups = 1000;

/** So many signups of each style fill caches and are not looked at. */
const warmUpPerStyle = 125;
const collectGarbage = new URL('collect-garbage.mjs', import.meta.url).href;

type Sample = { signups: number; heap: Record<string, number> };

/** Declares the test, which looks at the heaps for so many seconds once caches are full. */
export function soak(seconds: number): void {
  const collected = new Map<string, number>();

  describe('Under steady load', () => {
    onOwnStack({
      processEnvironment: () => ({ NODE_OPTIONS: `--expose-gc --import=${collectGarbage}` }),
      output(name, line) {
        if (line === 'garbage collected') collected.set(name, (collected.get(name) ?? 0) + 1);
      },
    });

    it(`every signup ends right for ${seconds} s, and no heap grows with their number`, async () => {
      let isOver = false;
      let signups = 0;
      const clients = styles.flatMap((style) =>
        Array.from({ length: clientsPerStyle }, async () => {
          while (!isOver) {
            await signUpAndClick(style);
            signups += 1;
          }
        }),
      );
      const samples: Sample[] = [];
      const sampling = (async () => {
        const isWarm = () => signups >= warmUpPerStyle * styles.length;
        await until('caches to be full', isWarm, { withinMs: seconds * 1000 + 120_000, everyMs: 500 });
        const endsAt = Date.now() + (seconds * 1000 * 2) / 3;
        const enough = signups + fewestSignups;
        while (Date.now() < endsAt || samples.length < fewestSamples || samples.at(-1)!.signups < enough) {
          samples.push({ signups, heap: await heaps(collected) });
          await delay((seconds * 1000) / 20);
        }
      })().finally(() => (isOver = true));
      await Promise.all([...clients, sampling]);

      const growth = Object.fromEntries(ourProcesses.map((name) => [name, slope(samples, name)]));
      const inWords = ourProcesses.map((name) => `${name} ${Math.round(growth[name]!)} bytes`).join(', ');
      console.log(`      ${signups} signups; growth of the heap per signup: ${inWords}`);
      const growing = ourProcesses.filter((name) => growth[name]! > bytesPerSignup);
      assert.deepEqual(growing, [], `${inWords}\n${JSON.stringify(samples)}`);
    }).timeout(2 * seconds * 1000 + 300_000);
  });
}

async function signUpAndClick(style: Style): Promise<void> {
  const request = uniqueRequest(style);
  const { id } = await startSignup(request);
  await signupThat('is notified', id, ({ notified }) => notified.email === 'sent');
  await clickUntilActedOn(await linkIn(request.email));
  await signupThat('is activated', id, ({ status }) => status === 'activated');
  await arrival(request.email, 'activated');
}

/** What each process holds once its garbage is collected, in bytes. */
async function heaps(collected: ReadonlyMap<string, number>): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of ourProcesses) {
    const before = collected.get(name) ?? 0;
    process.kill(theStack().pidOf(name)!, 'SIGUSR2');
    await until(`${name} to collect its garbage`, () => (collected.get(name) ?? 0) > before);
    const metrics = await (await fetch(`http://127.0.0.1:${theStack().portOf(name)}/metrics`)).text();
    const [, bytes] = /^nodejs_heap_size_used_bytes\S* (\S+)$/m.exec(metrics) ?? [];
    assert.ok(bytes !== undefined, `${name} tells the size of its heap`);
    found[name] = Number(bytes);
  }
  return found;
}

/** By how much a heap grows with each signup: the line through all samples (least squares). */
function slope(samples: readonly Sample[], name: string): number {
  const mean = (of: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanSignups = mean(({ signups }) => signups);
  const meanHeap = mean(({ heap }) => heap[name]!);
  const together = mean(({ signups, heap }) => (signups - meanSignups) * (heap[name]! - meanHeap));
  return together / mean(({ signups }) => (signups - meanSignups) ** 2);
}
