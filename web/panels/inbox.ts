/**
 * The inbox: mails and SMS of the selected group as they really arrived, newest first. The same message twice is one line that says ×2.
 * A link in a mail is a button, which posts: a verification link that is only opened confirms nothing.
 */
import { sendStep, type Channel, type Purpose, type PurposeOver } from '../../domain/process.ts';
import type { Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { useState } from 'preact/hooks';
import { h, type Html } from '../components/h.ts';
import { hasEnded, type SignupSeen } from '../seen.ts';
import { wordsOfPurpose } from '../lane/words.ts';
import { idsDrawn, type ArrivalSeen } from '../page.ts';
import type { PanelProps } from '../page-props.ts';
import { clockTime, wordsOfChannel } from './words.ts';

/** A message in the inbox, as often as it arrived. */
export type Line = {
  /** The id of its first arrival. */
  id: string;
  channel: Channel;
  style: Style;
  purpose: string;
  times: number;
  /** When it last arrived. */
  atMs: number;
  subject: string | null;
  text: string;
  to: string;
  /** The verification link, while a click can still change something. */
  link: string | undefined;
};

/** The lines of some signups, newest first. */
export function linesOf(arrivals: readonly ArrivalSeen[], signups: readonly SignupSeen[]): Line[] {
  const byId = new Map(signups.map((signup) => [signup.id, signup]));
  const lines = new Map<string, Line>();
  for (const arrival of arrivals) {
    const { id, channel, purpose, signupId, subject, text, to, links, receivedAt } = arrival;
    const signup = byId.get(signupId ?? '');
    if (!signup || purpose === null) continue;
    const key = `${signup.id} ${channel} ${purpose}`;
    const known = lines.get(key);
    const atMs = Date.parse(receivedAt);
    if (known) {
      lines.set(key, { ...known, times: known.times + 1, atMs: Math.max(known.atMs, atMs) });
      continue;
    }
    const link = hasEnded(signup) ? undefined : links.find((each) => each.includes('/verify/'));
    const { style } = signup;
    lines.set(key, { id, channel, style, purpose, times: 1, atMs, subject, text, to, link });
  }
  return [...lines.values()].toSorted((one, other) => other.atMs - one.atMs);
}

/** How many lines came after a time. */
export function newSince(lines: readonly Line[], lookedAtMs: number): number {
  return lines.filter(({ atMs }) => atMs > lookedAtMs).length;
}

/** The inbox of the selected group, connected. */
export function Inbox({ page, actions }: PanelProps): Html {
  const [lookedAtMs, look] = useState(0);
  const ids = idsDrawn(page);
  const signups = ids.flatMap((id) => page.signups.get(id) ?? []);
  return h(InboxList, {
    lines: linesOf(page.arrivals, signups),
    lookedAtMs,
    onConfirm: (link) => void actions.confirm(link),
    onLooked: () => look(Date.now()),
  });
}

export type InboxListProps = {
  lines: readonly Line[];
  /** When the inbox was last looked at. */
  lookedAtMs: number;
  onConfirm: (link: string) => void;
  /** The one who looked has looked elsewhere. */
  onLooked: () => void;
};

/** The inbox, a section with a heading. */
export function InboxList({ lines, lookedAtMs, onConfirm, onLooked }: InboxListProps): Html {
  const unseen = newSince(lines, lookedAtMs);
  return h(
    'section',
    {
      class: 'panel inbox',
      'aria-labelledby': 'inbox-title',
      onPointerLeave: onLooked,
      onFocusOut: onLooked,
    },
    h('h2', { id: 'inbox-title' }, 'Inbox', unseen > 0 && h('span', { class: 'count' }, ` ${unseen} new`)),
    lines.length === 0
      ? h('p', { class: 'empty' }, 'No mail and no SMS of this group yet.')
      : h(
          'ol',
          { class: 'lines' },
          lines.map((line) => h(InboxLine, { key: line.id, line, isNew: line.atMs > lookedAtMs, onConfirm })),
        ),
  );
}

type LineProps = { line: Line; isNew: boolean; onConfirm: (link: string) => void };

function InboxLine({ line, isNew, onConfirm }: LineProps): Html {
  const { channel, style, purpose, times, atMs, subject, text, to, link } = line;
  const { sign, word } = wordsOfChannel(channel);
  const { title } = traits[style];
  const step = sendStep(channel, purpose as Purpose & PurposeOver<Channel>);
  return h(
    'li',
    { 'data-arrived': step, 'data-style': style, 'data-times': times, class: isNew ? 'new' : undefined },
    h(
      'details',
      null,
      h(
        'summary',
        null,
        h('span', { 'aria-hidden': 'true', class: 'sign' }, sign),
        h('span', { class: 'channel' }, word),
        ' ',
        h('b', null, title),
        ` ${wordsOfPurpose(purpose)} `,
        times > 1 && h('strong', { class: 'twice', 'aria-label': `arrived ${times} times` }, `×${times}`),
      ),
      h('p', { class: 'meta' }, `${clockTime(atMs)} to ${to}`),
      subject !== null && h('p', null, h('b', null, subject)),
      h('p', { class: 'text' }, text),
    ),
    link !== undefined &&
      h(
        'button',
        {
          type: 'button',
          'aria-label': `Confirm address, ${title}, ${wordsOfPurpose(purpose)}`,
          onClick: () => onConfirm(link),
        },
        'Confirm',
      ),
  );
}
