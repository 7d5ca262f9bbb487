/**
 * What differs between the styles by design, as data. Tests, tools, tables and pages loop over it; no code of a style does, and nothing
 * else names one.
 */
import { styles, type Style } from './signup.ts';

/** How a style coordinates: the folder in `coordinators/` that plays it. */
export type Mechanism = 'calls' | 'chain' | 'workflow';

/** How a process that waits for its calls waits. */
export type Manner = 'blocking' | 'reactive';

/** What carries the events of a chain from service to service. */
export type Carrier = 'rabbitmq-queue' | 'rabbitmq-stream' | 'kafka';

/** A part that runs beside our processes, or the process of ours that sends. */
export type Part = 'postgres' | 'rabbitmq' | 'kafka' | 'temporal' | 'notifications' | 'mail' | 'sms';

/** What a style may be unable to give. */
export type Limit =
  // A signup whose caller left before the answer comes to its end.
  | 'outcome-after-the-caller-left'
  // A step that faults is tried again for a day.
  | 'attempts-for-days'
  // A step that ran out of attempts is kept, and tried again by `resume`.
  | 'parking'
  // A signup is accepted while what sends is away.
  | 'accepted-without-senders'
  // A signup goes on after the api died that took it.
  | 'survives-the-api';

export type Traits = {
  /** As a heading names it. */
  title: string;
  /** What a signup of it is played as. */
  kind: string;
  mechanism: Mechanism;
  /** Of a chain only. */
  carrier?: Carrier;
  /** Of calls only. */
  manner?: Manner;
  /** The ninth hexadecimal digit of a signup's id. It never changes: the signups under way would not be found any more. */
  idDigit: string;
  /** What is done of a signup once the request for it is answered. */
  answersAfter: 'step 1' | 'everything';
  /** What must be up for an answer to a request. */
  needsToAnswer: readonly Part[];
  /** What must be up, besides, for a signup to go on to its end. */
  needsToEnd: readonly Part[];
  /** What it does not promise, where others do. */
  cannot: readonly Limit[];
  /** Its telling, its coordinator and its machinery: files, and folders without their subfolders. */
  code: readonly string[];
  /** Its name on a terminal; not one of the colours that say how a step went. */
  colour: 'white' | 'blueBright' | 'magenta' | 'magentaBright' | 'cyanBright' | 'blue';
};

/** What comes with waiting. */
const limitsOfCalls: readonly Limit[] = [
  'outcome-after-the-caller-left',
  'attempts-for-days',
  'parking',
  'accepted-without-senders',
  'survives-the-api',
];

const chain = ['choreography', 'coordinators/chain', 'messaging'];
const transports = 'messaging/transports';

/** The traits of each style. */
export const traits: Readonly<Record<Style, Traits>> = {
  'synchronous-blocking': {
    title: 'Blocking calls',
    kind: 'calls that hold a thread',
    mechanism: 'calls',
    manner: 'blocking',
    idDigit: '5',
    answersAfter: 'everything',
    needsToAnswer: ['postgres', 'notifications', 'mail', 'sms'],
    needsToEnd: [],
    cannot: limitsOfCalls,
    code: [
      'synchronous/blocking.ts',
      'synchronous/steps.ts',
      'coordinators/calls',
      'coordinators/calls/threads',
    ],
    colour: 'white',
  },
  'synchronous-reactive': {
    title: 'Reactive calls',
    kind: 'calls that hold no thread',
    mechanism: 'calls',
    manner: 'reactive',
    idDigit: '6',
    answersAfter: 'everything',
    needsToAnswer: ['postgres', 'notifications', 'mail', 'sms'],
    needsToEnd: [],
    cannot: limitsOfCalls,
    code: ['synchronous/reactive.ts', 'synchronous/steps.ts', 'coordinators/calls'],
    colour: 'blueBright',
  },
  choreography: {
    title: 'Queues',
    kind: 'an event chain over queues',
    mechanism: 'chain',
    carrier: 'rabbitmq-queue',
    idDigit: '1',
    answersAfter: 'step 1',
    needsToAnswer: ['postgres'],
    needsToEnd: ['rabbitmq', 'notifications', 'mail', 'sms'],
    cannot: [],
    code: [...chain, `${transports}/rabbitmq`, `${transports}/rabbitmq-queue`],
    colour: 'magenta',
  },
  'stream-rabbitmq': {
    title: 'RabbitMQ stream',
    kind: 'an event chain over a RabbitMQ stream',
    mechanism: 'chain',
    carrier: 'rabbitmq-stream',
    idDigit: '3',
    answersAfter: 'step 1',
    needsToAnswer: ['postgres'],
    needsToEnd: ['rabbitmq', 'notifications', 'mail', 'sms'],
    cannot: [],
    code: [...chain, `${transports}/log`, `${transports}/rabbitmq`, `${transports}/rabbitmq-stream`],
    colour: 'magentaBright',
  },
  'stream-kafka': {
    title: 'Kafka',
    kind: 'an event chain over Kafka',
    mechanism: 'chain',
    carrier: 'kafka',
    idDigit: '4',
    answersAfter: 'step 1',
    needsToAnswer: ['postgres'],
    needsToEnd: ['kafka', 'notifications', 'mail', 'sms'],
    cannot: [],
    code: [...chain, `${transports}/log`, `${transports}/kafka`],
    colour: 'cyanBright',
  },
  orchestration: {
    title: 'Workflow',
    kind: 'a workflow',
    mechanism: 'workflow',
    idDigit: '2',
    answersAfter: 'step 1',
    needsToAnswer: ['temporal'],
    needsToEnd: ['postgres', 'notifications', 'mail', 'sms'],
    cannot: [],
    code: ['workflows', 'coordinators/workflow'],
    colour: 'blue',
  },
};

/** The two that are compared in everything; the others are there for what differs in them. */
export const duet = ['choreography', 'orchestration'] as const satisfies readonly Style[];

/** All that must be up for a signup of a style to come to its end. */
export function needsOf(style: Style): readonly Part[] {
  return [...traits[style].needsToAnswer, ...traits[style].needsToEnd];
}

/** Whether a style promises what another may be unable to give. */
export function promises(style: Style, what: Limit): boolean {
  return !traits[style].cannot.includes(what);
}

/** The styles that a mechanism plays; each plays one at least. */
export function stylesPlayedBy(mechanism: Mechanism): readonly [Style, ...Style[]] {
  const [first, ...others] = styles.filter((style) => traits[style].mechanism === mechanism);
  if (first === undefined) throw new Error(`no style is played by \`${mechanism}\``);
  return [first, ...others];
}

/** Something for each style. */
export function forEachStyle<T>(make: (style: Style) => T): Record<Style, T> {
  return Object.fromEntries(styles.map((style) => [style, make(style)])) as Record<Style, T>;
}
