/**
 * What every part of the platform (Postgres, RabbitMQ, Kafka, Temporal, mail, SMS) has in common: the three ways to have it
 * (attach to a running one, use one found on this machine, embed one), the plan that says which way applies and why, and
 * the one error when none does. Which way applies is decided in the file of each part.
 */
import { PlatformError } from './error.ts';
import type { ProcessSpec } from './process-spec.ts';
import type { Secrets } from './state.ts';

/** The parts the product needs, in the order they are reported. */
export type PartName = 'postgres' | 'rabbitmq' | 'kafka' | 'temporal' | 'mail' | 'sms';

/** `attach`: the environment names one; `found`: its program is on the PATH; `embedded`: the product brings it. */
export type Provenance = 'attach' | 'found' | 'embedded';

/**
 * What would be used and why, or why nothing can; `then` lists long steps the first start still has ahead. `absent` is what the product
 * does without; `why` says how to have it, too.
 */
export type Plan =
  | { part: PartName; way: Provenance | 'absent'; why: string; then?: string }
  | { part: PartName; way: 'none'; error: PartUnavailable };

/** What deciding needs: nothing here starts anything. */
export type Surroundings = {
  environment: NodeJS.ProcessEnv;
  /** Absolute path of the state folder. */
  home: string;
  /** Absolute path of the folder for downloads and builds. */
  cache: string;
  say: (line: string) => void;
};

/** What starting needs on top. */
export type StartSurroundings = Surroundings & {
  secrets: Secrets;
  /** The preferred port, or the next free one; it stays ours until the stack stops. */
  port: (preferred: number, host?: string) => Promise<number>;
  /** Starts a process under supervision and resolves once it is healthy. */
  run: (spec: ProcessSpec) => Promise<void>;
  /** Something that goes on beside the start and may outlast it, until it is told to stop. */
  alongside: (stop: () => Promise<void>) => void;
  /** A process that is not supervised, such as a build: ended with us, whatever happens, until told that it has ended. */
  track: (pid: number) => () => void;
};

/** No way to have a part applies: names the part, what was tried, and the two quickest ways out. */
export class PartUnavailable extends PlatformError {
  override name = 'PartUnavailable';
  readonly part: PartName;

  constructor(part: PartName, tried: readonly string[], waysOut: readonly [string, string]) {
    super(
      [
        `${titles[part]} cannot be had on this machine.`,
        'Tried:',
        ...tried.map((attempt) => `  - ${attempt}`),
        'The two quickest ways out:',
        ...waysOut.map((way, index) => `  ${index + 1}. ${way}`),
      ].join('\n'),
    );
    this.part = part;
  }
}

/** How a part is called in sentences. */
export const titles: Readonly<Record<PartName, string>> = {
  postgres: 'Postgres',
  rabbitmq: 'RabbitMQ',
  kafka: 'Kafka',
  temporal: 'Temporal',
  mail: 'Mail',
  sms: 'SMS',
};

/** One line for the terminal: the part, the way and the reason. */
export function planLine(plan: Plan): string {
  const title = titles[plan.part].padEnd(9);
  if (plan.way === 'none') return `${title} none      ${plan.error.message.split('\n')[0]}`;
  const way = plan.way === 'absent' ? 'not here' : plan.way;
  return `${title} ${way.padEnd(9)} ${plan.why}${plan.then === undefined ? '' : `; ${plan.then}`}`;
}
