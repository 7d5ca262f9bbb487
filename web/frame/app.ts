/** The page as a whole: top bar, start row, the lanes side by side, and beside them what arrived and what can be broken. */
import { styles } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { h, type Html } from '../components/h.ts';
import { Lane } from '../lane/lane.ts';
import type { Page } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { Drawer } from '../panels/drawer.ts';
import { FaultSwitches } from '../panels/faults.ts';
import { Help } from '../panels/help.ts';
import { Inbox } from '../panels/inbox.ts';
import { Numbers } from '../panels/numbers.ts';
import { SceneBar } from '../scenes/bar.ts';
import { tabs, type Tab } from '../view.ts';
import { StartRow } from './start-row.ts';
import { TokenForm } from './token-form.ts';
import { TopBar } from './top-bar.ts';

const tabWords: Record<Tab, string> = { inbox: 'Inbox', faults: 'Faults', numbers: 'Numbers' };

/** The page. */
export function App(props: PanelProps & { onToken: (token: string) => void }): Html {
  const { page, store, onToken } = props;
  const { view, stream } = page;
  if (view.needsToken) return h(TokenForm, { onToken });
  const shown = styles.filter((style) => view.lanes.includes(style));
  const current = view.middle !== null && shown.includes(view.middle) ? view.middle : shown[0];
  // The last one has the one before it beside it.
  const beside = current && (shown[shown.indexOf(current) + 1] ?? shown.at(-2));
  return h(
    'div',
    {
      class: 'page',
      'data-tab': view.tab,
      'data-lanes': shown.length,
    },
    h(TopBar, props),
    h(
      'main',
      {
        'data-stream': typeof stream === 'object' ? 'away' : stream,
        'data-last-entry': page.lastEntryId ?? undefined,
        'data-most-per-frame': page.mostPerFrame,
        'data-group': page.selectedGroup ?? undefined,
      },
      h(StartRow, props),
      h(Notices, props),
      h(
        'div',
        { class: 'lane-tabs', role: 'group', 'aria-label': 'Lane' },
        shown.map((style) =>
          h(
            'button',
            {
              key: style,
              type: 'button',
              'aria-pressed': style === current,
              onClick: () => store.arrange({ middle: style }),
            },
            traits[style].title,
          ),
        ),
      ),
      h(
        'div',
        { class: 'lanes', 'data-has-middle': view.middle === null ? undefined : 'true' },
        shown.map((style) =>
          h(
            'div',
            {
              key: style,
              class: 'lane-place',
              'data-hue': styles.indexOf(style) + 1,
              'data-current': style === current ? 'true' : undefined,
              'data-beside': style === beside ? 'true' : undefined,
            },
            h(Lane, { ...props, style }),
          ),
        ),
      ),
      h(
        'div',
        { class: 'panel-tabs', role: 'group', 'aria-label': 'Panel' },
        tabs.map((tab) =>
          h(
            'button',
            {
              key: tab,
              type: 'button',
              'aria-pressed': tab === view.tab,
              onClick: () => store.arrange({ tab }),
            },
            tabWords[tab],
          ),
        ),
      ),
      h(
        'div',
        { class: 'side' },
        h('div', { class: 'place-inbox', tabIndex: 0 }, h(Inbox, props)),
        h('div', { class: 'place-faults', tabIndex: 0 }, h(FaultSwitches, props)),
        h('div', { class: 'place-numbers', tabIndex: 0 }, h(Numbers, { page })),
        h(Drawer, props),
      ),
    ),
    h('footer', { class: 'foot' }, h(SceneBar, props)),
    view.isHelpOpen &&
      h(Help, {
        areKeysOn: view.areKeysOn,
        links: props.links,
        onKeys: (areKeysOn) => store.arrange({ areKeysOn }),
        onClose: () => store.arrange({ isHelpOpen: false }),
      }),
  );
}

/** What was asked for and did not go well, until it is put away. */
function Notices({ page, store }: { page: Page } & Pick<PanelProps, 'store'>): Html | null {
  if (page.notices.length === 0) return null;
  return h(
    'ul',
    { class: 'notices', 'aria-label': 'What did not go well' },
    page.notices.map(({ id, text }) =>
      h(
        'li',
        { key: id },
        text,
        h('button', { type: 'button', 'aria-label': 'Put away', onClick: () => store.dismiss(id) }, '×'),
      ),
    ),
  );
}
