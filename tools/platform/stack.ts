/**
 * The whole stack as one value: starts the parts side by side, provisions them, starts our processes, and gives whoever holds
 * it (npm start, the tests, the failure lab) the means to kill, hold and release each, and to stop all in order.
 */
import { accountsReactions } from '../../choreography/accounts.ts';
import { notificationsReactions } from '../../choreography/notifications.ts';
import { readConfig } from '../../adapters/config.ts';
import { until } from '../../adapters/waiting.ts';
import { fromBroker } from '../../messaging/reactions.ts';
import type { SubscriptionsByService } from './broker-care.ts';
import { buildBundle } from './bundle.ts';
import { socketIn } from './control.ts';
import { cacheFolder, refuseUnfitFolders } from './folders.ts';
import {
  type AddedProcess,
  addProcess,
  environmentsOf,
  type OurProcess,
  type onDemand,
  ours,
  specOf,
  urlOf,
} from './our-processes.ts';
import { PlatformError } from './error.ts';
import type { Breakers } from './faults/breaker.ts';
import { openLeases } from './faults/leases.ts';
import { switchesOf, whyForbidden } from './faults/switches.ts';
import type { KafkaAddress } from './kafka.ts';
import type { StartSurroundings } from './part.ts';
import { type Addresses, provisionParts, startParts } from './parts.ts';
import { ports as documented, type Ports, reservePorts } from './ports.ts';
import type { ProcessSpec } from './process-spec.ts';
import { takeRequests } from './requests.ts';
import { createRoster, type Roster } from './roster.ts';
import { bundlePage } from './page-bundle.ts';
import { openState } from './state.ts';

export type { AddedProcess, OurProcess } from './our-processes.ts';
export type { Addresses } from './parts.ts';
export type { Breaker, Breakers } from './faults/breaker.ts';

const parts = ['mailbox', 'rabbitmq', 'kafka', 'temporal', 'postgres'] as const;

/** Everything the supervisor may have started. */
export type ProcessName = OurProcess | (typeof parts)[number];

/** How to start a stack. */
export type StackOptions = {
  /** The state folder. */
  home: string;
  /** How it is asked for on a terminal; `npm start` when missing. */
  command?: string;
  /** Discards what the state folder holds. */
  fresh?: boolean;
  /** Instead of `process.env`: what to attach to, `PORT` and so on. */
  environment?: NodeJS.ProcessEnv;
  /** Gets the supervisor's own lines. */
  log?: (line: string) => void;
  /** Gets every line our processes print. */
  output?: (process: string, line: string) => void;
  /** What to start; everything when missing. */
  processes?: readonly ProcessName[];
  /** Extra environment of our processes. */
  processEnvironment?: Record<string, string>;
  /** What our processes are told instead of the addresses of the parts: those of proxies before them, say. */
  reroute?: (addresses: Addresses) => Promise<Addresses>;
  /** The longest pause before what has died is started again; 30 s when missing. */
  longestRestartMs?: number;
  /** Folder of our processes' files; `workers/` when missing. */
  workers?: string;
  /** Adds ways to break this stack to those that each has. */
  breakers?: (stack: Stack) => Breakers;
  /** Lets it be broken on request though its API listens for other machines, too. */
  faults?: boolean;
  /** Stops the stack in order, or at once by SIGKILL, even while it starts; `startStack` then rejects. */
  signals?: { stop: AbortSignal; kill: AbortSignal };
};

/** A running stack; disposing of it stops it. */
export type Stack = {
  /** The state folder. */
  readonly home: string;
  readonly urls: {
    api: string;
    temporalUi: string | undefined;
    rabbitmqUi: string | undefined;
    mailbox: string | undefined;
  };
  readonly addresses: Addresses;
  /** What that process is given, so that one can start a second or connect as that service. */
  environmentOf: (name: OurProcess) => Record<string, string>;
  pidOf: (name: ProcessName) => number | undefined;
  portOf: (name: ProcessName) => number;
  /** SIGKILL now; the supervisor starts it again. */
  kill: (name: ProcessName) => Promise<void>;
  /** SIGKILL, and not started again before `release`. */
  hold: (name: ProcessName) => Promise<void>;
  /** Starts what was held; resolves when healthy. */
  release: (name: ProcessName) => Promise<void>;
  untilReady: (name: ProcessName) => Promise<void>;
  /** Whether the platform is connected to the broker that it looks after, or has none. */
  caresForBroker: () => boolean;
  /** One more process on a port of its own, not started again when it dies. */
  add: (name: 'api' | 'accounts' | 'notifications' | 'statistics') => Promise<AddedProcess>;
  /** The preferred port or the next free one, kept for this stack. */
  freePort: (preferred: number) => Promise<number>;
  /** Something that is not of the stack beside it, under the same watch: ended with it, not started again when it dies. */
  addBeside: (spec: ProcessSpec) => Promise<AddedProcess>;
  /** Everything in order, within 10 s. */
  stop: () => Promise<void>;
  /** Resolves once everything has ended, whoever stopped it. */
  ended: Promise<void>;
  [Symbol.asyncDispose]: () => Promise<void>;
};

/** Starts the stack; on failure everything it had started is stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { environment = process.env, log: say = () => {}, output = () => {}, signals } = options;
  const cache = cacheFolder(environment);
  refuseUnfitFolders(options.home, cache);
  const state = await openState(options.home, options.fresh ?? false, undefined, options.command);
  const reserved = reservePorts(cache);
  const roster = createRoster(state, reserved, say, output, options.longestRestartMs);
  const surroundings: StartSurroundings = {
    environment,
    home: state.home,
    cache,
    say,
    secrets: state.secrets,
    port: reserved.next,
    run: roster.run,
    alongside: roster.alongside,
    track: roster.track,
  };
  const interrupted = new Promise<never>((_, reject) => {
    const interrupt = () => reject(new PlatformError('Stopped while starting.'));
    signals?.stop.addEventListener('abort', () => void roster.stop().then(interrupt, reject));
    signals?.kill.addEventListener('abort', () => void roster.killAll().then(interrupt, reject));
  });
  interrupted.catch(() => {});
  try {
    return await Promise.race([
      interrupted,
      startAll(options, environment, roster, surroundings, reserved.exactly),
    ]);
  } catch (error) {
    await roster.stop();
    throw error;
  }
}

async function startAll(
  {
    processes = [...ours, ...parts],
    processEnvironment = {},
    reroute = async (addresses) => addresses,
    workers,
    breakers = () => ({}),
    faults = false,
  }: StackOptions,
  environment: NodeJS.ProcessEnv,
  roster: Roster,
  surroundings: StartSurroundings,
  exactly: Ports['exactly'],
): Promise<Stack> {
  const { home, say, port: nextPort } = surroundings;
  const { PORT, HOST, PUBLIC_URL } = readConfig(['PORT', 'HOST', 'PUBLIC_URL'], environment);
  const wanted = new Set<string>(processes);
  const chosen = new Map<OurProcess, number>();
  for (const name of ours.filter((one) => wanted.has(one))) {
    const given = name === 'api' && PORT !== undefined && PORT !== 0;
    const host = name === 'api' ? HOST : undefined;
    chosen.set(name, given ? await exactly(PORT, 'PORT', host) : await nextPort(documented[name], host));
  }
  const [started, workflowBundle, pageFolder] = await Promise.all([
    startParts(wanted, surroundings),
    wanted.has('accounts') ? buildBundle(home, say) : undefined,
    wanted.has('api') ? bundlePage(home, say) : undefined,
  ]);
  for (const name of ['postgres', 'rabbitmq', 'kafka', 'temporal'] as const) {
    const { [name]: part } = started;
    if (part !== undefined && !roster.has(name))
      roster.attached(name, part.port, name === 'kafka' && started.kafka?.embedded);
  }
  const { addresses, broker } = await provisionParts(started, listeningOf(wanted), surroundings);
  if (broker) roster.alongside(broker.stop);
  const urls = {
    api: urlOf(HOST, chosen.get('api') ?? documented.api),
    temporalUi: started.temporal?.uiUrl,
    rabbitmqUi: started.rabbitmq?.uiUrl,
    mailbox: started.mailbox?.mailboxUrl,
  };
  // A crowd of mails is for the built-in mailbox only. The API is told where the crowd will be before it runs.
  const crowdPort =
    started.mailbox?.takesAll && chosen.has('api') ? await nextPort(documented.crowd) : undefined;
  const environments = environmentsOf({
    environment,
    urls,
    workflowBundle,
    pageFolder,
    extra: processEnvironment,
    addresses: await reroute(addresses),
    publicUrl: PUBLIC_URL ?? urls.api,
    serviceToken: surroundings.secrets.serviceToken,
    notificationsUrl: urlOf('127.0.0.1', chosen.get('notifications') ?? documented.notifications),
    crowdUrl: crowdPort === undefined ? undefined : urlOf('127.0.0.1', crowdPort),
    apiUrl: urls.api,
    temporalEmbedded: started.temporal?.embedded ?? false,
    kafkaEmbedded: started.kafka?.embedded ?? false,
    controlSocket: socketIn(home),
  });
  const spec = (name: OurProcess, port: number) =>
    specOf(name, port, environments(name), environment, workers);
  await Promise.all([...chosen].map(([name, port]) => roster.run(spec(name, port))));
  const stack: Stack = {
    home,
    urls,
    addresses,
    environmentOf: (name) => ({ ...environments(name), PORT: String(chosen.get(name) ?? 0) }),
    pidOf: roster.pidOf,
    portOf: roster.portOf,
    kill: (name) => roster.named(name).kill(),
    hold: (name) => roster.named(name).hold(),
    release: (name) => roster.named(name).release(),
    async untilReady(name) {
      if (name === 'kafka') await startOf(started.kafka);
      if (name !== 'kafka' || roster.has(name)) await roster.named(name).untilReady();
    },
    caresForBroker: () => broker?.isConnected() ?? true,
    async add(name) {
      return addProcess(spec(name, await nextPort(documented[name] + 1)), roster);
    },
    freePort: nextPort,
    addBeside: (beside) => addProcess(beside, roster),
    stop: roster.stop,
    ended: roster.ended,
    [Symbol.asyncDispose]: roster.stop,
  };
  const leases = openLeases(
    switchesOf({
      roster,
      started,
      environment,
      forbidden: faults ? undefined : whyForbidden(HOST),
      breakers: breakers(stack),
    }),
    say,
  );
  const specOnDemand = async (name: (typeof onDemand)[number]) => {
    const port = name === 'crowd' ? crowdPort : undefined;
    return spec(name, port ?? (await nextPort(documented[name])));
  };
  await takeRequests({ home, roster, spec: specOnDemand, leases, say });
  started.kafka?.start();
  return stack;
}

/** What the services of those processes listen to: their topology is there before any of them tells something. */
function listeningOf(wanted: ReadonlySet<string>): SubscriptionsByService {
  return {
    ...(wanted.has('api') || wanted.has('accounts') ? { accounts: fromBroker(accountsReactions) } : {}),
    ...(wanted.has('notifications') ? { notifications: fromBroker(notificationsReactions) } : {}),
  };
}

/** Resolves once the Kafka that nothing waits for has answered. */
async function startOf(kafka: KafkaAddress | undefined): Promise<void> {
  if (kafka === undefined) throw new PlatformError('There is no Kafka here.');
  await until('Kafka to answer', kafka.hasStarted, { withinMs: 60_000 });
}
