/** Which styles can be played here: one whose server is not here is left out, and said. */
import { until } from '../../adapters/waiting.ts';
import type { Style } from '../../domain/signup.ts';
import type { Readiness } from '../../http/readiness.ts';
import { answersOk } from '../platform/our-processes.ts';
import type { LabStack } from './stack.ts';

/** Those of the wanted styles that take signups, and have their server. One whose server is on its way is waited for. */
export async function stylesHere(
  { stack }: Pick<LabStack, 'stack'>,
  wanted: readonly Style[],
  { signal, log }: { signal: AbortSignal; log: (line: string) => void },
): Promise<ReadonlySet<Style>> {
  const here = new Set<Style>();
  for (const style of wanted) {
    const answers = async () => {
      const said = await answersOk(`${stack.urls.api}/health/ready?style=${style}`);
      const { waitsFor } = (JSON.parse(said) as Record<Style, Readiness>)[style];
      if (waitsFor !== undefined) throw new Error(`it takes signups, which wait for ${waitsFor}`);
      return true;
    };
    await until(`${style} to be here`, answers, { withinMs: 60_000, everyMs: 500, signal }).then(
      () => here.add(style),
      (error: Error) => log(`Left out: ${error.message}`),
    );
  }
  signal.throwIfAborted();
  return here;
}
