/**
 * The drawer of a step: what happened there, why, and the lines of code behind it. It opens over inbox and faults and takes the
 * focus; Escape closes it. What it tells is in `step-story.ts`.
 */
import type { FaultName, FaultState } from '../../domain/faults.ts';
import { traits } from '../../domain/styles.ts';
import { h, type Html } from '../components/h.ts';
import { Excerpt } from '../components/text.ts';
import { hasEnded, type SignupSeen } from '../seen.ts';
import type { PageLinks } from '../page-props.ts';
import { FastForward } from './fast-forward.ts';
import { consoleOf, crashesHere, storyOf, type Because, type Happening } from './step-story.ts';
import { clockTime } from './words.ts';

/** The code behind a step, as `GET /sources/<style>/<step>` tells it. */
export type Source = { file: string; firstLine: number; lines: string };

export type StepDrawerProps = {
  signup: SignupSeen;
  step: string;
  /** undefined while it is asked for; a sentence where there is none. */
  source: Source | string | undefined;
  faults: readonly FaultState[];
  links: PageLinks;
  onClose: () => void;
  onStep: (step: string) => void;
  onResume: (signupId: string) => void;
  onForward: (signupId: string, by: string) => void;
  onCrash: (name: FaultName) => void;
};

/** The drawer, a dialog beside which the page goes on. */
export function StepDrawer(props: StepDrawerProps): Html {
  const { signup, step, source, faults, links, onClose, onStep, onResume, onForward, onCrash } = props;
  const { title } = traits[signup.style];
  const { happenings, because, row, isParked, isWaiting } = storyOf(signup, step);
  const link = consoleOf(signup, links);
  const crashes = crashesHere(step, faults);
  return h(
    'section',
    { class: 'panel drawer', role: 'dialog', 'aria-labelledby': 'drawer-title', 'data-drawer': step },
    h(
      'div',
      { class: 'panel-head' },
      h('h2', { id: 'drawer-title', tabIndex: -1 }, `${title}: ${step}`),
      h('button', { type: 'button', 'aria-keyshortcuts': 'Escape', onClick: onClose }, 'Close'),
    ),
    h('h3', null, 'What happened'),
    h(Happenings, { happenings }),
    isParked &&
      h(
        'p',
        null,
        h('button', { type: 'button', onClick: () => onResume(signup.id) }, 'Resume'),
        ' tries it again.',
      ),
    h(
      'p',
      null,
      h(FastForward, {
        label: 'Time of this signup',
        isOff: hasEnded(signup),
        onForward: (by) => onForward(signup.id, by),
      }),
    ),
    !isWaiting && [
      h('h3', null, 'Why'),
      because && h(Cause, { because, onStep }),
      row?.source === 'history' && h('p', null, 'A row of the history that Temporal keeps of this workflow.'),
      !because && row?.source !== 'history' && h('p', null, 'A call of the process, and no event.'),
    ],
    link && h('p', null, h('a', { href: link.href, target: '_blank', rel: 'noreferrer' }, link.text)),
    h('h3', null, 'The lines of code'),
    h(Code, { source }),
    crashes.length > 0 &&
      h(
        'p',
        { class: 'crashes' },
        'Crash at this line, the next time a signup comes to it: ',
        crashes.map(({ name, words }) =>
          h('button', { key: name, type: 'button', 'data-crash': name, onClick: () => onCrash(name) }, words),
        ),
      ),
  );
}

function Happenings({ happenings }: { happenings: readonly Happening[] }): Html {
  if (happenings.length === 0) return h('p', { class: 'empty' }, 'Nothing was told of it yet.');
  return h(
    'ol',
    { class: 'happenings' },
    happenings.map(({ at, kind, attempts, detail, source }) =>
      h(
        'li',
        { key: `${at} ${kind} ${attempts}`, 'data-kind': kind },
        h('time', { dateTime: at }, clockTime(at)),
        ` ${kind}`,
        attempts > 1 && `, attempt ${attempts}`,
        h('small', null, ` told by ${source}`),
        detail !== null && h('p', { class: 'detail' }, detail),
      ),
    ),
  );
}

function Cause({ because, onStep }: { because: Because; onStep: (step: string) => void }): Html {
  const { event, eventId, causationId, cause } = because;
  return h(
    'dl',
    { class: 'cause' },
    h('dt', null, 'event'),
    h('dd', null, h('code', null, event), h('small', null, ` ${eventId}`)),
    h('dt', null, 'caused by'),
    h(
      'dd',
      null,
      causationId === null
        ? 'a request'
        : cause
          ? h(
              'button',
              { type: 'button', 'data-cause': cause.step, onClick: () => onStep(cause.step) },
              cause.event === null ? cause.step : `${cause.event}, at ${cause.step}`,
            )
          : 'an event that is no step of this signup',
      causationId !== null && h('small', null, ` ${causationId}`),
    ),
  );
}

function Code({ source }: { source: Source | string | undefined }): Html {
  if (source === undefined) return h('p', { class: 'empty' }, 'Looking it up …');
  if (typeof source === 'string') return h('p', { class: 'empty' }, source);
  return h(Excerpt, source);
}
