/**
 * The whole stack as one value: starts the parts side by side, provisions them, starts our processes, and gives whoever holds
 * it (npm start, the tests, the failure lab) the means to kill, hold and release each, and to stop all in order.
 */
import { readConfig } from '../config.ts';
import { type AddedProcess, addProcess, environmentsOf, specOf } from './our-processes.ts';
import { type MailboxAddress, startMailbox } from './mailbox.ts';
import { PlatformError, type StartSurroundings } from './part.ts';
import { reservePorts, ports as documented } from './ports.ts';
import { type PostgresAddress, startPostgres } from './postgres.ts';
import { provisionPostgres } from './provision/postgres.ts';
import { provisionRabbit } from './provision/rabbitmq.ts';
import { provisionTemporal } from './provision/temporal.ts';
import { perService, type Service } from './provision/passwords.ts';
import { type RabbitAddress, startRabbit } from './rabbitmq.ts';
import { startReaper } from './reaper.ts';
import { cacheFolder } from './folders.ts';
import { openState, type StackEntry } from './state.ts';
import { supervise, type Supervised } from './supervisor.ts';
import { startTemporal, type TemporalAddress } from './temporal.ts';
import { buildBundle } from './bundle.ts';

const ours = ['api', 'accounts', 'messages', 'tracker'] as const;
const parts = ['mailbox', 'rabbitmq', 'temporal', 'postgres'] as const;

/** Our processes, which run a file of `workers/`. */
export type OurProcess = (typeof ours)[number];

/** Everything the supervisor may have started. */
export type ProcessName = OurProcess | (typeof parts)[number];

/** How to start a stack. */
export type StackOptions = {
  /** The state folder. */
  home: string;
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
  /** Folder of our processes' files; `workers/` when missing. */
  workers?: string;
};

/** Addresses of the parts, for the administrator and for each service. */
export type Addresses = {
  readonly databaseAdmin: string;
  readonly amqpAdmin: string;
  readonly amqpManagement?: string;
  readonly temporal: string;
  readonly temporalNamespace: string;
  readonly smtp: string;
  readonly sms: string;
  readonly database: Record<Service, string>;
  readonly amqp: Record<Service, string>;
};

/** A running stack; disposing of it stops it. */
export type Stack = {
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
  /** A second instance on a port of its own, not restarted when it dies. */
  add: (name: 'api' | 'accounts' | 'messages') => Promise<AddedProcess>;
  stop: () => Promise<void>;
  [Symbol.asyncDispose]: () => Promise<void>;
};

// The whole stop stays within 10 s: when each group is killed, counted from the beginning.
const stopWithinMs = { api: 1_500, services: 4_000, parts: 9_300 };

/** Starts the stack; on failure everything it had started is stopped again. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const {
    environment = process.env,
    log: say = () => {},
    output = () => {},
    processes = [...ours, ...parts],
  } = options;
  const wanted = new Set<string>(processes);
  const { PORT, PUBLIC_URL } = readConfig(['PORT', 'PUBLIC_URL'], environment);
  const state = await openState(options.home, options.fresh ?? false);
  const cache = cacheFolder(environment);
  const reserved = reservePorts(cache);
  const reaper = startReaper(state.stackFile);
  const running = new Map<string, Supervised>();
  const added = new Set<AddedProcess>();
  const attachedPorts: Record<string, number> = {};
  let stopping: Promise<void> | undefined;

  const changed = () => {
    if (stopping !== undefined) return;
    const entries: Record<string, StackEntry> = { supervisor: { pid: process.pid } };
    for (const [name, port] of Object.entries(attachedPorts)) entries[name] = { port };
    for (const [name, process] of running) {
      const pid = process.pid();
      entries[name] = { ...(pid === undefined ? {} : { pid }), ...process.spec.ports };
    }
    state.writeStack(entries);
  };
  const surveillance = { reaper, logFile: state.logFile, started: state.started, changed, say, show: output };
  const surroundings: StartSurroundings = {
    environment,
    home: state.home,
    cache,
    say,
    secrets: state.secrets,
    port: reserved.next,
    async run(spec) {
      if (stopping !== undefined) throw new PlatformError('The stack is being stopped.');
      const supervised = supervise(spec, surveillance);
      running.set(spec.name, supervised);
      await supervised.start();
    },
  };

  async function stopAll(): Promise<void> {
    const began = Date.now();
    const stop = (names: readonly string[], withinMs: number) =>
      Promise.all(names.map((name) => running.get(name)?.stop(began + withinMs)));
    await Promise.all([stop(['api'], stopWithinMs.api), ...[...added].map((one) => one.stop())]);
    await stop(['accounts', 'messages', 'tracker'], stopWithinMs.services);
    await stop(parts, stopWithinMs.parts);
    // Last: the node would lose its name with it.
    await stop(['rabbitmq-epmd'], stopWithinMs.parts);
    await reaper.goodbye();
    reserved.release();
    state.close();
  }
  const stop = () => (stopping ??= stopAll());

  try {
    changed();
    const apiPort =
      PORT === undefined || PORT === 0
        ? await reserved.next(documented.api)
        : await reserved.exactly(PORT, 'PORT');
    const bundle = wanted.has('accounts') ? buildBundle(state.home, say) : Promise.resolve(undefined);
    const only = <T>(name: string, start: (from: StartSurroundings) => Promise<T>) =>
      wanted.has(name) ? start(surroundings) : Promise.resolve(undefined);
    const [postgres, rabbitmq, temporal, mailbox, workflowBundle] = await Promise.all([
      only('postgres', startPostgres),
      only('rabbitmq', startRabbit),
      only('temporal', startTemporal),
      only('mailbox', startMailbox),
      bundle,
    ]);
    for (const [name, part] of Object.entries({ postgres, rabbitmq, temporal })) {
      if (part !== undefined && !running.has(name)) attachedPorts[name] = part.port;
    }
    const [database, amqp] = await Promise.all([
      postgres === undefined ? undefined : provisionPostgres(postgres.url, postgres.embedded),
      rabbitmq === undefined ? undefined : provisionRabbit(rabbitmq.url, rabbitmq.managementUrl, say),
      temporal === undefined ? undefined : provisionTemporal(temporal, environment, say),
    ]);
    const addresses = addressesOf({ postgres, rabbitmq, temporal, mailbox, database, amqp });
    const urls = {
      api: `http://127.0.0.1:${apiPort}`,
      temporalUi: temporal?.uiUrl,
      rabbitmqUi: rabbitmq?.uiUrl,
      mailbox: mailbox?.mailboxUrl,
    };
    const environments = environmentsOf({
      ...{
        environment,
        addresses,
        urls,
        secrets: state.secrets,
        workflowBundle,
        publicUrl: PUBLIC_URL ?? urls.api,
      },
      extra: options.processEnvironment ?? {},
      temporalEmbedded: temporal?.embedded ?? false,
    });
    const names = ours.filter((name) => wanted.has(name));
    const specs = new Map<OurProcess, ReturnType<typeof specOf>>();
    for (const name of names) {
      const port = name === 'api' ? apiPort : await reserved.next(documented[name]);
      specs.set(name, specOf(name, port, environments(name), environment, options.workers));
    }
    await Promise.all(names.map((name) => surroundings.run(specs.get(name)!)));
    changed();

    const named = (name: ProcessName): Supervised => {
      const supervised = running.get(name);
      if (supervised === undefined) throw new PlatformError(`This stack did not start \`${name}\`.`);
      return supervised;
    };
    return {
      urls,
      addresses,
      environmentOf: (name) => ({
        ...environments(name),
        PORT: String(running.get(name)?.spec.ports.port ?? 0),
      }),
      pidOf: (name) => running.get(name)?.pid(),
      portOf: (name) => attachedPorts[name] ?? named(name).spec.ports.port,
      kill: (name) => named(name).kill(),
      hold: (name) => named(name).hold(),
      release: (name) => named(name).release(),
      untilReady: (name) => named(name).untilReady(),
      async add(name) {
        const port = await reserved.next(documented[name] + 1);
        const spec = specOf(name, port, environments(name), environment, options.workers);
        const one = await addProcess(spec, surveillance, () => added.delete(one));
        added.add(one);
        return one;
      },
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Known = {
  postgres: PostgresAddress | undefined;
  rabbitmq: RabbitAddress | undefined;
  temporal: TemporalAddress | undefined;
  mailbox: MailboxAddress | undefined;
  database: Record<Service, string> | undefined;
  amqp: Record<Service, string> | undefined;
};

/** What was not wanted is an empty address: a process that needs it says so itself. */
function addressesOf({ postgres, rabbitmq, temporal, mailbox, database, amqp }: Known): Addresses {
  return {
    databaseAdmin: postgres?.url ?? '',
    amqpAdmin: rabbitmq?.url ?? '',
    ...(rabbitmq?.managementUrl === undefined ? {} : { amqpManagement: rabbitmq.managementUrl }),
    temporal: temporal?.address ?? '',
    temporalNamespace: temporal?.namespace ?? 'default',
    smtp: mailbox?.smtpUrl ?? '',
    sms: mailbox?.smsUrl ?? '',
    database: database ?? perService(() => ''),
    amqp: amqp ?? perService(() => ''),
  };
}
