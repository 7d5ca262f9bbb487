/**
 * What differs between the styles by design, as data. Tests, tools, tables and pages loop over it; no code of a style does, and nothing
 * else names one.
 */
import { styles, type Style } from './signup.ts';

/** How a style coordinates: the folder in `coordinators/` that plays it. */
export type Mechanism = 'chain' | 'workflow';

/** What carries the events of a chain from service to service. */
export type Carrier = 'rabbitmq-queue' | 'rabbitmq-stream' | 'kafka';

/** A part that runs beside our processes. */
export type Part = 'postgres' | 'rabbitmq' | 'temporal' | 'mail' | 'sms';

export type Traits = {
  /** As a heading names it. */
  title: string;
  /** What a signup of it is played as. */
  kind: string;
  mechanism: Mechanism;
  /** Of a chain only. */
  carrier?: Carrier;
  /** The ninth hexadecimal digit of a signup's id. It never changes: the signups under way would not be found any more. */
  idDigit: string;
  /** What must be up for an answer to a request. */
  needsToAnswer: readonly Part[];
  /** What must be up, besides, for a signup to go on to its end. */
  needsToEnd: readonly Part[];
  /** The folders that only it needs: its telling, its coordinator, its machinery. */
  folders: readonly string[];
  /** Its name on a terminal; not one of the colours that say how a step went. */
  colour: 'magenta' | 'blue';
};

/** The traits of each style. */
export const traits: Readonly<Record<Style, Traits>> = {
  choreography: {
    title: 'The chain',
    kind: 'an event chain',
    mechanism: 'chain',
    carrier: 'rabbitmq-queue',
    idDigit: '1',
    needsToAnswer: ['postgres'],
    needsToEnd: ['rabbitmq', 'mail', 'sms'],
    folders: ['choreography', 'coordinators/chain', 'messaging'],
    colour: 'magenta',
  },
  orchestration: {
    title: 'The workflow',
    kind: 'a workflow',
    mechanism: 'workflow',
    idDigit: '2',
    needsToAnswer: ['temporal'],
    needsToEnd: ['postgres', 'mail', 'sms'],
    folders: ['workflows', 'coordinators/workflow'],
    colour: 'blue',
  },
};

/** All that must be up for a signup of a style to come to its end. */
export function needsOf(style: Style): readonly Part[] {
  return [...traits[style].needsToAnswer, ...traits[style].needsToEnd];
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
