/** The bar at the top: whether the page is live, what is broken, and the ways to look at the page differently. */
import { h, type Html } from '../components/h.ts';
import type { StreamState } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { Elsewhere } from '../panels/elsewhere.ts';
import { BrokenBar } from '../panels/broken.ts';
import { lasting } from '../panels/words.ts';
import { themes, type Theme } from '../view.ts';

const themeWords: Record<Theme, { sign: string; word: string }> = {
  auto: { sign: '◐', word: 'as the system' },
  light: { sign: '☀', word: 'light' },
  dark: { sign: '☾', word: 'dark' },
};

/** The top bar. */
export function TopBar(props: PanelProps): Html {
  const { page, store, links } = props;
  const { theme } = page.view;
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return h(
    'header',
    { class: 'top-bar' },
    h('h1', null, 'Duet'),
    h(Live, { stream: page.stream, nowMs: page.nowMs }),
    h(
      'button',
      {
        type: 'button',
        class: 'pause',
        'aria-pressed': page.isPaused,
        'aria-keyshortcuts': 'p',
        onClick: () => store.change({ isPaused: !page.isPaused }),
      },
      page.isPaused ? 'Go on' : 'Pause',
      h('kbd', { 'aria-hidden': 'true' }, 'p'),
    ),
    h(BrokenBar, props),
    h('nav', { 'aria-label': 'Elsewhere' }, h(Elsewhere, { links })),
    h(
      'button',
      {
        type: 'button',
        class: 'theme',
        'aria-label': `Colours: ${themeWords[theme].word}; change to ${themeWords[next].word}`,
        onClick: () => store.arrange({ theme: next }),
      },
      themeWords[theme].sign,
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'help-button',
        'aria-label': 'Keys',
        'aria-keyshortcuts': '?',
        onClick: () => store.arrange({ isHelpOpen: !page.view.isHelpOpen }),
      },
      '?',
    ),
  );
}

function Live({ stream, nowMs }: { stream: StreamState; nowMs: number }): Html {
  const isAway = typeof stream === 'object';
  const words = isAway ? `away ${lasting(Math.max(0, nowMs - stream.awaySinceMs))}` : stream;
  return h(
    'p',
    { class: 'live', 'data-live': isAway ? 'away' : stream },
    h('span', { class: 'dot', 'aria-hidden': 'true' }, '●'),
    ` ${words}`,
  );
}
