/**
 * The one place that knows what of a user's shell must not reach what Duet starts, or its own calls on this machine: proxies, and what
 * client libraries read as meant for them. What somebody attaches to keeps what it needs.
 */

const loopback = ['localhost', '127.0.0.1', '::1', '[::1]'];
const proxy = /^(https?|grpc|all)_proxy$/i;

/**
 * Changes an environment so that no call to this machine goes through a proxy, an embedded Postgres is not called as another would be,
 * and the Temporal that `npm run env` has named for its command line is not attached to.
 */
export function shieldFromShell(environment: NodeJS.ProcessEnv): void {
  if (Object.entries(environment).some(([name, value]) => proxy.test(name) && value)) {
    // The spellings are read by different libraries, each in its own order.
    const direct = withLoopback(environment['no_proxy'] || environment['NO_PROXY']);
    environment['no_proxy'] = environment['NO_PROXY'] = direct;
    if (environment['no_grpc_proxy'])
      environment['no_grpc_proxy'] = withLoopback(environment['no_grpc_proxy']);
  }
  if (environment['TEMPORAL_ADDRESS'] === environment['DUET_TEMPORAL_ADDRESS']) {
    delete environment['TEMPORAL_ADDRESS'];
    delete environment['DUET_TEMPORAL_ADDRESS'];
  }
  if (environment['DATABASE_URL']) return;
  for (const name of Object.keys(environment)) {
    if (/^PG[A-Z]+$/.test(name)) delete environment[name];
  }
}

function withLoopback(list = ''): string {
  return [...new Set([...list.split(',').filter((name) => name !== ''), ...loopback])].join(',');
}
