/** The row below the top bar: what is started, with which address, how the group's time goes by, and which group is looked at. */
import { styles } from '../../domain/signup.ts';
import { h, type Html } from '../components/h.ts';
import { idsDrawn, type GroupSeen, type Page } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { FastForward } from '../panels/fast-forward.ts';
import { clockTime } from '../panels/words.ts';
import { hasEnded } from '../seen.ts';
import { startChosen } from '../start.ts';
import { Check } from './check.ts';
import { CrowdChoice } from './crowd-choice.ts';
import { LaneChoice } from './lane-choice.ts';

/** How many groups can be chosen from. */
const groupsShown = 12;

/** The start row. */
export function StartRow(props: PanelProps): Html {
  const { page, store, actions } = props;
  const { lanes, email, hasPhone, takesNoMail } = page.view;
  const isAll = lanes.length === styles.length;
  const underWay = underWayIn(page);
  return h(
    'form',
    {
      class: 'start-row',
      onSubmit: (event: Event) => {
        event.preventDefault();
        void startChosen(store, actions);
      },
    },
    h(
      'button',
      { class: 'start', 'aria-keyshortcuts': 's' },
      isAll ? 'Start in all lanes' : `Start in ${lanes.length} ${lanes.length === 1 ? 'lane' : 'lanes'}`,
      h('kbd', { 'aria-hidden': 'true' }, 's'),
    ),
    h(LaneChoice, props),
    h(
      'label',
      { class: 'email' },
      h('span', null, 'E-mail'),
      h('input', {
        type: 'email',
        required: true,
        autocomplete: 'off',
        value: email,
        onInput: ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
          store.arrange({ email: currentTarget.value }),
      }),
    ),
    h(Check, {
      word: 'no such address',
      isOn: takesNoMail,
      onChange: (isOn) => store.arrange({ takesNoMail: isOn }),
    }),
    h(Check, { word: 'no phone', isOn: !hasPhone, onChange: (isOn) => store.arrange({ hasPhone: !isOn }) }),
    h(CrowdChoice, props),
    h(FastForward, {
      label: 'Time of the group',
      isOff: underWay.length === 0,
      onForward: (by) => void actions.fastForward(underWay, by),
    }),
    h(Groups, props),
  );
}

/** The signups of the selected group whose time can pass. */
function underWayIn(page: Page): string[] {
  const signups = idsDrawn(page).flatMap((id) => page.signups.get(id) ?? []);
  return signups.filter((signup) => !hasEnded(signup)).map(({ id }) => id);
}

function Groups({ page, store }: PanelProps): Html {
  const { groups, selectedGroup: selected } = page;
  const shown = groups.filter(({ isCrowd }) => !isCrowd).slice(0, groupsShown);
  return h(
    'label',
    { class: 'groups' },
    h('span', null, 'Group'),
    h(
      'select',
      {
        value: selected ?? '',
        onChange: ({ currentTarget }: { currentTarget: HTMLSelectElement }) =>
          store.select(currentTarget.value === '' ? null : currentTarget.value),
      },
      h('option', { value: '' }, 'none'),
      shown.map((group) => h('option', { key: group.name, value: group.name }, wordsOf(group))),
    ),
  );
}

function wordsOf({ startedAtMs, requests, signups, name }: GroupSeen): string {
  const lanes = new Set([...Object.keys(requests), ...Object.keys(signups)]).size;
  return `${clockTime(startedAtMs).slice(0, 8)}, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}, ${name}`;
}
