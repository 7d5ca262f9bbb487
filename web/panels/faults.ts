/**
 * The switches that break the running stack, by group, and what the top bar says of them. A switch that cannot be used here is
 * there all the same, with the reason beside it.
 */
import {
  faultGroups,
  faultNames,
  faults,
  type FaultGroup,
  type FaultName,
  type FaultState,
} from '../../domain/faults.ts';
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';
import { left, withCommand } from './words.ts';

/** The command that starts a stack on which everything can be broken. */
export const stageCommand = 'npm run stage';

const groupTitles: Record<FaultGroup, string> = {
  mail: 'Mail',
  sms: 'SMS',
  kill: 'Kill',
  hold: 'Hold',
  cut: 'Cut',
  crash: 'Crash',
  poison: 'Poison',
};

/** The ways to cut a connection are rows of their own, so that a switch only has to name the part. */
const waysToCut = ['reset', 'silent'] as const;

/** Switches beside each other under one title. */
type Row = { id: string; title: string; names: readonly FaultName[]; wordOf: (name: FaultName) => string };

export type SwitchesProps = {
  /** As the supervisor last told them; null where there is none to ask. */
  states: readonly FaultState[] | null;
  nowMs: number;
  onBreak: (name: FaultName) => void;
  onHeal: (name: FaultName) => void;
};

/** The switches, connected. */
export function FaultSwitches({ page, actions }: PanelProps): Html {
  return h(Switches, {
    states: page.report !== null && page.report.faults === null ? null : page.faults,
    nowMs: page.nowMs,
    onBreak: (name) => void actions.breakFault(name),
    onHeal: (name) => void actions.heal(name),
  });
}

/** All switches. */
export function Switches({ states, nowMs, onBreak, onHeal }: SwitchesProps): Html {
  const isStage = states?.some(({ name, isHere }) => faults[name].onStageOnly && isHere) === true;
  const drawn = (row: Row) =>
    h(SwitchRow, { key: row.id, row, states: states ?? [], nowMs, onBreak, onHeal });
  return h(
    'section',
    { class: 'panel faults', 'aria-labelledby': 'faults-title' },
    h('h2', { id: 'faults-title' }, 'Faults'),
    states === null && h('p', { class: 'empty' }, 'No supervisor to ask: nothing can be broken here.'),
    usual.flatMap(rowsOf).map(drawn),
    isStage
      ? staged.flatMap(rowsOf).map(drawn)
      : h(
          'details',
          { class: 'on-stage' },
          h('summary', null, 'More with ', h('code', null, stageCommand), ': ', staged.join(', ')),
          staged.flatMap(rowsOf).map(drawn),
        ),
  );
}

/** The groups of what only a stage can break, and those of all else. */
const staged = faultGroups.filter((group) => namesIn(group).every((name) => faults[name].onStageOnly));
const usual = faultGroups.filter((group) => !staged.includes(group));

function namesIn(group: FaultGroup): FaultName[] {
  return faultNames.filter((name) => faults[name].group === group);
}

function rowsOf(group: FaultGroup): Row[] {
  const names = namesIn(group);
  if (group !== 'cut')
    return [{ id: group, title: groupTitles[group], names, wordOf: (name) => faults[name].title }];
  return waysToCut.map((way) => ({
    id: way,
    title: `${way[0]!.toUpperCase()}${way.slice(1)}`,
    names: names.filter((name) => faults[name].title.endsWith(` ${way}`)),
    wordOf: (name) => faults[name].title.slice(0, -` ${way}`.length),
  }));
}

type RowProps = Pick<SwitchesProps, 'nowMs' | 'onBreak' | 'onHeal'> & {
  row: Row;
  states: readonly FaultState[];
};

function SwitchRow({ row: { id, title, names, wordOf }, states, nowMs, onBreak, onHeal }: RowProps): Html {
  const stateOf = (name: FaultName) => states.find((state) => state.name === name);
  const reasons = reasonsIn(names, stateOf);
  const describedBy = reasons.length > 0 ? `why-not-${id}` : undefined;
  return h(
    'fieldset',
    { class: 'fault-group' },
    h('legend', null, title),
    h(
      'div',
      { class: 'switches' },
      names.map((name) =>
        h(Switch, {
          key: name,
          name,
          word: wordOf(name),
          state: stateOf(name),
          describedBy,
          nowMs,
          onBreak,
          onHeal,
        }),
      ),
    ),
    reasons.length > 0 &&
      h(
        'p',
        { id: describedBy, class: 'why-not' },
        reasons.map((reason, index) => [index > 0 && ' ', withCommand(reason)]),
      ),
  );
}

type SwitchProps = Pick<SwitchesProps, 'nowMs' | 'onBreak' | 'onHeal'> & {
  name: FaultName;
  word: string;
  state: FaultState | undefined;
  describedBy: string | undefined;
};

/** As wide while its fault lasts as before: what moves under a pointer is pressed by mistake. How long it lasts is in the top bar. */
function Switch({ name, word, state, describedBy, nowMs, onBreak, onHeal }: SwitchProps): Html {
  const { title, says } = faults[name];
  const isHere = state?.isHere === true;
  const isBroken = remainingMs(state, nowMs) !== undefined;
  return h(
    'button',
    {
      type: 'button',
      role: 'switch',
      class: 'switch',
      'data-fault': name,
      'aria-checked': isBroken,
      'aria-disabled': isHere ? undefined : 'true',
      'aria-describedby': isHere ? undefined : describedBy,
      'aria-label': `${title}: ${says}`,
      onClick: () => {
        if (!isHere) return;
        if (isBroken) onHeal(name);
        else onBreak(name);
      },
    },
    h('span', { class: 'knob', 'aria-hidden': 'true' }, isBroken ? '●' : '○'),
    word,
  );
}

/** Why switches of a group cannot be used, each reason once, with the names of what it concerns where that is not all. */
function reasonsIn(
  names: readonly FaultName[],
  stateOf: (name: FaultName) => FaultState | undefined,
): string[] {
  const concerned = new Map<string, string[]>();
  for (const name of names) {
    const state = stateOf(name);
    if (!state || state.isHere) continue;
    const reason = state.whyNot ?? (faults[name].onStageOnly ? `Needs \`${stageCommand}\`.` : 'Not here.');
    concerned.set(reason, [...(concerned.get(reason) ?? []), faults[name].title]);
  }
  return [...concerned].map(([reason, titles]) =>
    titles.length === names.length ? reason : `${titles.join(', ')}: ${reason}`,
  );
}

/** How long a fault still lasts, 0 while it is being healed; undefined where all is well. */
export function remainingMs(state: FaultState | undefined, nowMs: number): number | undefined {
  if (!state || state.healsAt === null) return undefined;
  return Math.max(0, Date.parse(state.healsAt) - nowMs);
}

/** What is left of a fault, in words. */
export const healsIn = (remaining: number): string => (remaining > 0 ? left(remaining) : 'heals now');
