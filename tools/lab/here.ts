/** Which styles can be played here: one whose server is not here is left out, and said. */
import { until } from '../../adapters/waiting.ts';
import type { Style } from '../../domain/signup.ts';
import type { readinessOf } from '../../http/readiness.ts';
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
      const url = `${stack.urls.api}/health/ready?style=${style}`;
      const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      const { [style]: readiness } = (await answer.json()) as Record<
        Style,
        Awaited<ReturnType<typeof readinessOf>>
      >;
      if (!readiness.ready || readiness.waitsFor !== undefined) throw new Error(JSON.stringify(readiness));
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
