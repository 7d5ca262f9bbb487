/** `npm run bench -- balance`: how long three ways of asking for the balance of an account keep their caller waiting. */
import { until } from '../../../adapters/waiting.ts';
import type { Signup } from '../../../domain/signup.ts';
import { stylesPlayedBy } from '../../../domain/styles.ts';
import { percentile } from '../../../domain/percentile.ts';
import { median } from '../figures.ts';
import { describeVersions, type Machine } from '../machine.ts';
import type { Options } from '../options.ts';
import { onOwnStack } from '../own-stack.ts';
import { writeResults, type Asking } from '../results.ts';
import { byQueue, byWorkflow, overHttp, startResponder, type WayOfAsking } from './ways.ts';

type Extent = { rounds: number; warmUp: number; questions: number };

/** Asks for the balance of one account on a stack of its own, one question at a time, and writes the figures. */
export function measureBalance({ quick, out }: Options, machine: Machine): Promise<void> {
  const extent = quick
    ? { rounds: 1, warmUp: 50, questions: 100 }
    : { rounds: 5, warmUp: 500, questions: 1000 };
  return onOwnStack(async (stack) => {
    const accountId = await openAccount(stack.urls.api);
    const responder = await startResponder(stack);
    const ways = [overHttp(responder), await byQueue(stack, responder), byWorkflow(stack)];
    const asking = await askEach(ways, accountId, extent);
    await Promise.all(ways.map((way) => way.close()));
    await responder.stop();
    for (const { way, p50Ms, p95Ms, p99Ms, needs } of asking) {
      const [p50, p95, p99] = [p50Ms, p95Ms, p99Ms].map((ms) => ms.toFixed(2).padStart(7));
      console.log(`${way.padEnd(28)} p50 ${p50}  p95 ${p95}  p99 ${p99} ms  needs ${needs.join(', ')}`);
    }
    await writeResults(out, { machine, versions: await describeVersions(stack), quick, asking });
  });
}

/** Round after round, so that what changes on the machine changes all of them. Of each figure the median of the rounds. */
async function askEach(
  ways: readonly WayOfAsking[],
  accountId: string,
  { rounds, warmUp, questions }: Extent,
): Promise<Asking[]> {
  const measured = ways.map((way) => ({ way, rounds: [] as number[][] }));
  for (const { way } of measured) await ask(way, accountId, warmUp);
  for (let round = 0; round < rounds; round += 1) {
    for (const { way, rounds: played } of measured) played.push(await ask(way, accountId, questions));
  }
  return measured.map(({ way: { name, needs }, rounds: played }) => {
    const figure = (percent: number) => median(played.map((waits) => percentile(waits, percent)));
    return { way: name, needs, p50Ms: figure(50), p95Ms: figure(95), p99Ms: figure(99) };
  });
}

/** How long each of so many questions waited for its answer. */
async function ask(way: WayOfAsking, accountId: string, questions: number): Promise<number[]> {
  const waits: number[] = [];
  for (let question = 0; question < questions; question += 1) {
    const askedAt = performance.now();
    await way.ask(accountId);
    waits.push(performance.now() - askedAt);
  }
  return waits;
}

/** An account that a workflow has opened, so that the workflow can be asked, too. */
async function openAccount(api: string): Promise<string> {
  const [style] = stylesPlayedBy('workflow');
  const answer = await fetch(new URL('/signups', api), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'bench-balance@example.com', style }),
  });
  const { id } = (await answer.json()) as Signup;
  await until(`the account of ${id}`, async () => (await fetch(new URL(`/accounts/${id}/balance`, api))).ok);
  return id;
}
