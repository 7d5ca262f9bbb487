/**
 * The embedded Temporal server, which does not wait for its disk, changed for one that does: the same program with the same
 * file and arguments but one. For fairness: Postgres and RabbitMQ wait for theirs.
 */
import { readFileSync } from 'node:fs';
import { answersOk } from '../platform/our-processes.ts';
import type { AddedProcess, Stack } from '../platform/stack.ts';
import { stylesPlayedBy } from '../../domain/styles.ts';
import { until } from '../../adapters/waiting.ts';

/** Stops the stack's Temporal server and starts the other in its place. Resolves once it takes signups. */
export async function flushTemporal(stack: Stack, home: string): Promise<AddedProcess> {
  const [style] = stylesPlayedBy('workflow');
  const pid = stack.pidOf('temporal');
  const [command, ...words] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const port = stack.portOf('temporal');
  await stack.hold('temporal');
  const flushing = await stack.addBeside({
    name: 'temporal-synchronous-full',
    command: command!,
    arguments: words.map((word) => word.replace('synchronous=OFF', 'synchronous=FULL')),
    environment: { PATH: process.env['PATH'], HOME: home },
    folder: home,
    ports: { port },
    stopSignal: 'SIGTERM',
    probe: () => answersOk(`${stack.urls.api}/health/ready?style=${style}`),
    readyWithinMs: 60_000,
    output: 'file',
  });
  // Both workers come back by themselves, within seconds.
  await until('the workers', async () => {
    for (const name of ['accounts', 'notifications'] as const) {
      await answersOk(`http://127.0.0.1:${stack.portOf(name)}/health/ready`);
    }
    return true;
  });
  return flushing;
}
