/** A lane: one style, with what its caller was answered, the timeline of the signup, its crowd and its numbers. */
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { h, type Html } from '../components/h.ts';
import { selectedGroup, signupIn, type Request } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { LaneNumbers } from '../panels/numbers.ts';
import { lasting } from '../panels/words.ts';
import { hasEnded, type SignupSeen } from '../seen.ts';
import { CrowdCells } from './crowd-cells.ts';
import { rowsOf } from './rows.ts';
import { SignupList } from './signup-list.ts';
import { Timeline } from './timeline.ts';

/** The lane of a style, with the signup of the selected group in it. */
export function Lane({ page, store, actions, style }: PanelProps & { style: Style }): Html {
  const lane = page.lanes[style];
  const group = selectedGroup(page);
  const signup = signupIn(page, group, style);
  const request = group?.requests[style];
  const { title, kind } = traits[style];
  const isMissing = lane.report?.isHere === false;
  const { selectedStep } = page;
  return h(
    'section',
    {
      class: 'lane',
      'aria-labelledby': `lane-${style}`,
      'data-lane': style,
      'data-signup': signup?.id,
      'data-middle': page.view.middle === style ? 'true' : undefined,
      'data-missing': isMissing ? 'true' : undefined,
    },
    h(
      'header',
      null,
      h('h2', { id: `lane-${style}` }, h('kbd', { 'aria-hidden': 'true' }, styles.indexOf(style) + 1), title),
      h('p', { class: 'kind' }, kind),
    ),
    isMissing
      ? h('p', { class: 'not-here' }, lane.report?.whyNot ?? 'This style is not here.')
      : [
          h(Answer, {
            request,
            signup,
            nowMs: page.nowMs,
            onRepeat: () => void actions.repeat(group?.name ?? '', style),
          }),
          h(Timeline, {
            // Where a reader has scrolled to is of one signup.
            key: signup?.id,
            rows: rowsOf(style, signup, request, page.nowMs),
            selected:
              selectedStep !== null && selectedStep.signupId === signup?.id ? selectedStep.step : null,
            onSelect:
              signup && ((step: string) => store.change({ selectedStep: { signupId: signup.id, step } })),
            onResume: signup && (() => void actions.resume(signup.id)),
          }),
        ],
    h(
      'div',
      { class: 'lane-foot' },
      h(CrowdCells, { page, lane, title }),
      lane.ids.length > 1 && h(SignupList, { page, store, lane }),
      h(LaneNumbers, { page, style }),
    ),
  );
}

/** What the caller of this lane was answered, as measured here: the number that the lanes differ by most. Beside it, how the signup ended. */
export function Answer({
  request,
  signup,
  nowMs,
  onRepeat,
}: {
  request: Request | undefined;
  signup: SignupSeen | undefined;
  nowMs: number;
  onRepeat: () => void;
}): Html {
  const end =
    signup && hasEnded(signup) && h('small', { class: 'end', 'data-end': signup.status }, signup.status);
  if (!request) {
    const words = signup ? ['asked elsewhere'] : ['press ', h('kbd', null, 's'), ' or Start'];
    return h('p', { class: 'answer none' }, h('small', null, ...words), end);
  }
  const { answer, sentAtMs, repeated } = request;
  if (!answer) {
    return h(
      'p',
      { class: 'answer asking' },
      h('b', null, '…'),
      h('b', null, lasting(Math.max(0, nowMs - sentAtMs))),
      h('small', null, 'the caller waits'),
    );
  }
  const { status, afterMs, problem } = answer;
  const isTrouble = status === 0 || status >= 400;
  return h(
    'div',
    { class: `answer ${isTrouble ? 'trouble' : 'well'}`, 'data-status': status },
    h('b', null, status === 0 ? '–' : status, repeated > 0 && h('small', null, ` ${repeated + 1}×`)),
    h('b', null, lasting(afterMs)),
    h(Problem, { problem, asked: repeated > 0 && `asked ${repeated + 1} times` }),
    end,
    (status === 0 || status >= 500) && h('button', { type: 'button', onClick: onRepeat }, 'Ask again'),
  );
}

/** What went wrong in a few words, which open what was said of it. */
function Problem({ problem, asked }: { problem: string | null; asked: string | false }): Html {
  const [, title, detail] = /^([^:(]+): (.+)$/s.exec(problem ?? '') ?? [];
  if (title === undefined) return h('small', null, problem ?? 'answered', asked && `, ${asked}`);
  return h('details', null, h('summary', null, title), h('p', null, detail, asked && ` (${asked})`));
}
