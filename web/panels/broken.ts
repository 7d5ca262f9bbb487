/** What is broken, for the top bar: seen by every page, whoever asked for it. *Heal all* is always there. */
import { faults, type FaultName, type FaultState } from '../../domain/faults.ts';
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';
import { healsIn, remainingMs } from './faults.ts';

/** What is broken, connected. */
export function BrokenBar({ page, actions }: PanelProps): Html {
  return h(Broken, { states: page.faults, nowMs: page.nowMs, onHealAll: () => void actions.healAll() });
}

export type BrokenProps = { states: readonly FaultState[]; nowMs: number; onHealAll: () => void };

/** What is broken, each with who asked for it and how long it lasts, and the button that heals all. */
export function Broken({ states, nowMs, onHealAll }: BrokenProps): Html {
  const broken = states.flatMap((state) => {
    const remaining = remainingMs(state, nowMs);
    return remaining === undefined ? [] : [{ state, remaining }];
  });
  return h(
    'div',
    { class: 'broken', 'data-broken': broken.length },
    broken.length === 0
      ? h('span', { class: 'well' }, 'nothing is broken')
      : h(
          'span',
          { class: 'trouble' },
          'broken: ',
          broken.map(({ state: { name, askedBy }, remaining }, index) => [
            index > 0 && ', ',
            h(
              'span',
              { key: name, 'data-broken-fault': name },
              wordsOf(name),
              `, ${healsIn(remaining)}`,
              h('small', null, ` by ${askedBy ?? 'somebody'}`),
            ),
          ]),
        ),
    h(
      'button',
      { type: 'button', class: 'heal', 'aria-keyshortcuts': 'h', onClick: onHealAll },
      'Heal all ',
      h('kbd', { 'aria-hidden': 'true' }, 'h'),
    ),
  );
}

/** A fault as the top bar and the live region name it: `mail silent`, `Kafka away`. */
export function wordsOf(name: FaultName): string {
  const { group, title } = faults[name];
  if (group === 'mail' || group === 'sms') return `${group === 'sms' ? 'SMS' : 'mail'} ${title}`;
  if (group === 'hold') return `${title} away`;
  if (group === 'kill') return `${title} killed`;
  return group === 'crash' ? `crash ${title}` : title;
}
