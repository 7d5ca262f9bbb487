/** Which faults a stack has, and how: wishes to its mailbox, processes of its own, and what a stage adds. */
import { isIPv6 } from 'node:net';
import { readConfig } from '../../../adapters/config.ts';
import {
  faultNames,
  faults,
  type BreakablePart,
  type BreakableProcess,
  type FaultName,
} from '../../../domain/faults.ts';
import { isLoopbackHost } from '../../../http/guard.ts';
import { PlatformError } from '../error.ts';
import type { Parts } from '../parts.ts';
import type { Roster } from '../roster.ts';
import type { Breaker, Breakers, Switch, Switches } from './breaker.ts';
import { isWished, wishBreaker } from './wishes.ts';

/** What the switches are made of. */
export type StackToBreak = {
  roster: Pick<Roster, 'has' | 'named'>;
  started: Pick<Parts, 'kafka' | 'mailbox'>;
  environment: NodeJS.ProcessEnv;
  /** Why nothing can be broken here at all; undefined where it can. */
  forbidden: string | undefined;
  /** What a stage adds. */
  breakers: Breakers;
};

const variableOf: Record<BreakablePart, string> = {
  rabbitmq: 'AMQP_URL',
  kafka: 'KAFKA_BROKERS',
  temporal: 'TEMPORAL_ADDRESS',
  postgres: 'DATABASE_URL',
  mailbox: 'SMTP_URL and SMS_URL',
};

/** Every fault, as it is in that stack. */
export function switchesOf(stack: StackToBreak): Switches {
  const entries = faultNames.map((name): [FaultName, Switch] => [name, switchOf(name, stack)]);
  return Object.fromEntries(entries) as Switches;
}

function switchOf(name: FaultName, stack: StackToBreak): Switch {
  const added = stack.breakers[name];
  const breaker = added ?? breakerOf(name, stack);
  return { breaker, whyNot: () => stack.forbidden ?? whyNot(name, stack) };
}

function breakerOf(name: FaultName, { roster, started }: StackToBreak): Breaker {
  if (isWished(name)) {
    const { mailboxUrl = '' } = started.mailbox ?? {};
    return wishBreaker(name, mailboxUrl, () => roster.named('mailbox').pid());
  }
  const { group, touches } = faults[name];
  const process = () => roster.named(touches ?? name);
  if (group === 'hold') return { break: () => process().hold(), heal: () => process().release() };
  if (group === 'kill') {
    // It heals by being started again, whenever its lease ends.
    const untilReady = () => process().untilReady();
    return { break: () => process().kill(), heal: untilReady, untilWell: untilReady };
  }
  const impossible = async () => {
    throw new PlatformError(`${name} is not here.`);
  };
  return { break: impossible, heal: async () => {} };
}

function whyNot(
  name: FaultName,
  { roster, started, environment, breakers }: StackToBreak,
): string | undefined {
  const { group, touches, onStageOnly } = faults[name];
  if (onStageOnly && !breakers[name]) return 'Only a stage has it: `npm run stage` starts one.';
  const { SMTP_URL: smtp, SMS_URL: sms } = readConfig(['SMTP_URL', 'SMS_URL'], environment);
  if (group === 'mail' && smtp !== undefined) return elsewhere('Mail leaves', 'SMTP_URL');
  if (group === 'sms' && sms !== undefined) return elsewhere('SMS leave', 'SMS_URL');
  // What is ended at its first start is started again by who waits for it: it would not stay away. Poison is poured into it, too.
  if ((touches === 'kafka' || name === 'poison') && started.kafka?.embedded && !started.kafka.hasStarted())
    return 'Kafka is still being started.';
  if (touches === null || roster.has(touches)) return undefined;
  if (touches === 'kafka' && started.kafka === undefined)
    return 'There is no Kafka here: `npm run doctor` says why.';
  return notOurs(touches);
}

function elsewhere(leaves: string, variable: string): string {
  return `${leaves} through the provider that ${variable} names. Start without it: the built-in mailbox can be told to misbehave.`;
}

function notOurs(touches: BreakableProcess | BreakablePart): string {
  if (!(touches in variableOf)) return `This stack did not start \`${touches}\`.`;
  const variable = variableOf[touches as BreakablePart];
  return `This stack has not started its ${touches}. Where ${variable} names another, start without it.`;
}

/** Why a stack whose API listens there is not broken on request, unless it is said to be; undefined where it is. */
export function whyForbidden(host: string): string | undefined {
  if (isLoopbackHost(isIPv6(host) ? `[${host}]` : host)) return undefined;
  return `The API listens at ${host}, for other machines, too: only \`npm start -- --faults\` allows to break something then.`;
}
