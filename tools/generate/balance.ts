/** The table of the ways of asking for a balance, of `results/balance.json`. */
import type { BalanceResults } from '../bench/results.ts';
import { measuredOn, number, table } from './cells.ts';

/** The table; or that there are no figures yet. */
export function balanceTable(results: BalanceResults | undefined): string {
  if (!results) return '`npm run bench -- balance` has not been run yet for this table.';
  const rows = results.asking.map(({ way, needs, p50Ms, p95Ms, p99Ms }) => [
    way,
    needs.join(', '),
    ...[p50Ms, p95Ms, p99Ms].map((ms) => number(ms, 2)),
  ]);
  return [
    table(['asked over', 'must be up', 'p50 ms', 'p95 ms', 'p99 ms'], rows),
    '',
    measuredOn(results),
  ].join('\n');
}
