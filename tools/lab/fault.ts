/** What a fault is, and the kinds of them: what breaks it, where it is injected and how it heals follow from the kind. */
import { styles, type Style } from '../../domain/signup.ts';
import {
  duet,
  forEachStyle,
  traits,
  type Carrier,
  type Manner,
  type Mechanism,
} from '../../domain/styles.ts';
import type { ProcessName } from '../platform/stack.ts';
import type { Intent } from './evidence.ts';
import type { FaultDescription } from './figures.ts';
import { crashPoints, type PointName } from './points.ts';
import type { Link } from './stack.ts';

/** The faults that take more than one kill or cut. */
export type SceneName =
  | 'provider-451'
  | 'provider-550'
  | 'provider-535'
  | 'provider-answer-lost'
  | 'provider-slow'
  | 'sms-down-for-2-hours'
  | 'messages-duplicated'
  | 'messages-out-of-order'
  | 'poison'
  | 'bug-then-deploy'
  | 'cancelled-while-opening'
  | 'partition-moves'
  | 'caller-leaves'
  | 'threads-exhausted';

/** How a fault is brought about. */
export type Means = { crashAt: PointName } | { scene: SceneName } | Outage;

/** A part that is killed, or stopped where it stands, or the way to it cut. */
export type Outage =
  | { kill: ProcessName }
  | { freeze: ProcessName }
  | { cut: Link; how: 'reset' | 'swallow' };

/**
 * Which messages a fault may send twice: `none`; those `in-hand` when it struck, which is the one window that cannot be closed; or one of
 * each signup (`one-each`), where it strikes them all in that window.
 */
export type Window = 'none' | 'in-hand' | 'one-each';

/** A fault. `intents` are those of its customers, in turn. */
export type Fault = FaultDescription & {
  means: Means;
  intents: readonly Intent[];
  window: Window;
  /** Needs a retry policy that parks within a second, where the usual one takes a day. */
  impatient?: boolean;
  /** Its customers do not come back for an answer. */
  callersLeave?: true;
  /** The styles beside the duet may do something else about it than the duet does: it is played for them by default. */
  differs?: true;
};

/** The styles a fault means something to. */
export const stylesOf = ({ expected }: Pick<Fault, 'expected'>): Style[] =>
  styles.filter((style) => expected[style] !== undefined);

/** Whether a style is one of the two for which every fault is played. */
export const isOfDuet = (style: Style): boolean => duet.some((each) => each === style);

/** Those of them that a fault is played for unless more is asked for. */
export const usualStylesOf = (fault: Fault): Style[] =>
  stylesOf(fault).filter((style) => fault.differs || isOfDuet(style));

/** What most customers do: some wait, some click, some have an address that does not exist. */
export const usual: readonly Intent[] = ['wait', 'click', 'undeliverable'];

type Words = { breaks: string } & Expected;

/** By mechanism, or, where what carries its events or how it waits makes a difference, by that. */
type Expected = Partial<Record<Mechanism | Carrier | Manner, string | null | undefined>>;

function expectedOf(expected: Expected): FaultDescription['expected'] {
  return forEachStyle((style) => {
    const { mechanism, carrier, manner } = traits[style];
    const kind = carrier ?? manner;
    return kind !== undefined && kind in expected ? expected[kind] : expected[mechanism];
  });
}

/** A process dies at a line. */
export function crash(point: PointName, intents: readonly Intent[], words: Words): Fault {
  const { breaks, ...expected } = words;
  const lines = Object.values(crashPoints[point]).flatMap((line) => (line ? [line.process] : []));
  const window = lines.includes('notifications') ? 'in-hand' : 'none';
  return {
    name: point,
    family: 'crash',
    breaks,
    intents,
    window,
    injectedAt: `SIGKILL of ${[...new Set(lines)].join(' and ')} at that very line, once`,
    heals: 'the supervisor starts the process again',
    // A style without that line does not die there.
    expected: forEachStyle((style) => (crashPoints[point][style] ? expectedOf(expected)[style] : undefined)),
    means: { crashAt: point },
  };
}

/** A process is killed and held down for 10 s. */
export function killed(process: ProcessName, what: string, expected: Expected): Fault {
  return {
    name: `${process}-killed`,
    family: 'outage',
    breaks: `${what} is killed and away`,
    intents: usual,
    window:
      process === 'notifications' || process === 'postgres' || process === 'mailbox' ? 'in-hand' : 'none',
    injectedAt: `SIGKILL of ${process}`,
    heals: 'it is started again after 10 s',
    expected: expectedOf(expected),
    means: { kill: process },
  };
}

/** A process stands still for 10 s: it closes no connection, and goes on where it was. */
export function frozen(process: ProcessName, name: string, breaks: string, expected: Expected): Fault {
  return {
    name,
    family: 'outage',
    breaks,
    intents: usual,
    window: process === 'notifications' ? 'in-hand' : 'none',
    injectedAt: `SIGSTOP of ${process}`,
    heals: 'SIGCONT after 10 s',
    expected: expectedOf(expected),
    means: { freeze: process },
  };
}

/** The same fault, played for the styles beside the duet by default. */
export const differing = (fault: Fault): Fault => ({ ...fault, differs: true });

/** The way to a part is cut for 10 s, by reset and by silence. */
export function cut(link: Link, what: string, expected: Expected): Fault[] {
  return (['reset', 'swallow'] as const).map((how) => ({
    name: `${link}-${how === 'reset' ? 'reset' : 'silent'}`,
    family: 'outage',
    breaks:
      how === 'reset'
        ? `every connection to ${what} is reset`
        : `${what} falls silent: what is sent is swallowed, and no connection is closed`,
    intents: usual,
    window: link === 'postgres' || link === 'smtp' || link === 'sms' ? 'in-hand' : 'none',
    injectedAt: `a TCP proxy before ${what}`,
    heals: 'new connections go through after 10 s',
    expected: expectedOf(expected),
    means: { cut: link, how },
  }));
}

/** A fault that takes more than one kill or cut. */
export function scene(
  name: SceneName,
  family: Fault['family'],
  intents: readonly Intent[],
  words: {
    breaks: string;
    injectedAt: string;
    heals: string;
    window?: Window;
  } & (Expected | { all: string; calls?: string }),
): Fault {
  const { breaks, injectedAt, heals, window = 'none' } = words;
  const expected = 'all' in words ? { chain: words.all, workflow: words.all, calls: words.calls } : words;
  const means = { scene: name };
  return {
    name,
    family,
    breaks,
    injectedAt,
    heals,
    intents,
    window,
    means,
    expected: expectedOf(expected),
  };
}
