/** A crowd in the start row: how many are to come, and while they come how far it is, with the way to send them home. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { CrowdRequest } from '../../domain/crowd.ts';
import { styles } from '../../domain/signup.ts';
import { h, type Html } from '../components/h.ts';
import type { PanelProps } from '../page-props.ts';

const crowds = [
  { count: 50, perSecond: 20 },
  { count: 1000, perSecond: 100 },
] as const;

/** The crowds to choose from, or the one that comes. */
export function CrowdChoice({ page, actions }: Pick<PanelProps, 'page' | 'actions'>): Html {
  const [asked, ask] = useState<number | null>(null);
  const [isStopping, stop] = useState(false);
  const place = useRef<HTMLSpanElement>(null);
  const { lanes } = page.view;
  const running = page.crowd?.isRunning ? page.crowd : undefined;
  const isComing = asked !== null || running !== undefined;
  // The buttons change places with the way to stop: who has pressed one by keyboard goes on from there.
  const hadFocus = place.current?.contains(document.activeElement) ?? false;
  useLayoutEffect(() => {
    if (hadFocus) place.current?.querySelector('button')?.focus();
  }, [isComing]);

  async function come(crowd: CrowdRequest): Promise<void> {
    ask(crowd.count);
    await actions.crowd({ ...crowd, ...(lanes.length === styles.length ? {} : { styles: [...lanes] }) });
    ask(null);
  }

  async function goHome(): Promise<void> {
    stop(true);
    await actions.stopCrowd();
    stop(false);
  }

  const isOff = asked !== null || isStopping;
  const [answered, count] = asked === null ? [running?.answered ?? 0, running?.count ?? 0] : [0, asked];
  return h(
    'span',
    { class: 'together', role: 'group', 'aria-label': 'Crowd', ref: place },
    'Crowd',
    isComing
      ? [
          h('span', { class: 'coming' }, `${inDigits(answered)} of ${inDigits(count)} answered`),
          h(
            'button',
            {
              key: 'stop',
              type: 'button',
              'aria-disabled': isOff ? 'true' : undefined,
              onClick: () => !isOff && void goHome(),
            },
            'Stop',
            h('span', { class: 'unseen' }, ' the crowd'),
          ),
        ]
      : [
          crowds.map((crowd) =>
            h(
              'button',
              { key: crowd.count, type: 'button', onClick: () => void come(crowd) },
              h('span', { class: 'unseen' }, 'A crowd of '),
              inDigits(crowd.count),
              h('span', { class: 'unseen' }, ' in all'),
            ),
          ),
          h('span', { key: 'in-all', 'aria-hidden': 'true' }, 'in all'),
        ],
  );
}

const inDigits = (count: number) => count.toLocaleString('en');
