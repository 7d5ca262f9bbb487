/** The few pages: the start page and the two behind a verification link. */
import { channelNames } from '../domain/process.ts';
import { traits } from '../domain/styles.ts';
import type { Clicked } from '../domain/coordinator.ts';
import { styles, type ParkedStep, type Signup, type Style } from '../domain/signup.ts';
import { h, type Children, type Html } from '../web/components/h.ts';
import { renderPage, type Head } from '../web/components/render.ts';
import { Table } from '../web/components/table.ts';
import { Link, Time, Typed } from '../web/components/text.ts';

/** Where the start page links to, as far as it is there. */
export type Links = {
  temporalUi?: string | undefined;
  /** The page of the workflow that plays a signup. */
  workflow?: ((signupId: string) => string) | undefined;
  rabbitmqUi?: string | undefined;
  mailbox?: string | undefined;
  /** The live page, for whom it shows anything. */
  live?: string | undefined;
};

/** Why a style is not here; undefined where it is. */
export type WhyNotHere = (style: Style) => string | undefined;

/** The start page: a form that starts a signup in each style that is here, the latest signups, and where to look. */
export function startPage(links: Links, latest: Signup[] | undefined, whyNotHere: WhyNotHere): string {
  // The paths are relative: the API may lie below a path of a proxy.
  return renderPage(
    { title: 'Duet', stylesheets: ['assets/pages.css'], scripts: ['assets/start.js'] },
    h(
      'main',
      null,
      h('h1', null, 'Duet'),
      h('p', { class: 'lead' }, lead),
      h(
        'nav',
        null,
        h(Link, { to: links.live, text: 'Live page' }),
        h(Link, { to: links.temporalUi, text: 'Temporal UI' }),
        h(Link, { to: links.rabbitmqUi, text: 'RabbitMQ UI' }),
        h(Link, { to: links.mailbox, text: 'Mailbox' }),
        h(Link, { to: 'openapi.json', text: 'API' }),
      ),
      h('h2', null, 'Sign up'),
      h(SignupForm, { isHere: (style) => whyNotHere(style) === undefined }),
      styles.flatMap((style) => whyNotHere(style) ?? []).map((why) => h('p', { class: 'lead' }, why)),
      h('div', { id: 'answer', 'aria-live': 'polite' }),
      latest && h(Latest, { latest, links }),
    ),
  );
}

const lead =
  'One signup, coordinated in six styles: as calls that wait, as an event chain over queues and logs, and as a durable workflow.';

/** The page behind the link of a mail: its button posts to the same address. Says what was `decided`, where that is known. */
export function verifyPage(decided?: 'activated' | 'closed'): string {
  if (decided === 'closed') return clickedPage('closed');
  const isActive = decided === 'activated';
  return card(
    // Without a referrer policy of its own the page would post as from no site at all.
    { title: isActive ? clickedTexts.activated.title : 'Confirm your address', referrer: 'same-origin' },
    h('p', null, isActive ? alreadyActive : 'One click, and your account is active.'),
    // A click that was interrupted is repeated, so that what comes after it is done, too.
    h('form', { method: 'post' }, h('button', null, isActive ? 'Confirm again' : 'Confirm')),
  );
}

const alreadyActive = 'Your address is confirmed already, and nothing is left for you to do.';

/** What came of the click. */
export function clickedPage(clicked: Clicked): string {
  const { title, text } = clickedTexts[clicked];
  return card({ title }, h('p', null, text));
}

const clickedTexts: Record<Clicked, { title: string; text: string }> = {
  activated: { title: 'Your account is active', text: 'Your address is confirmed.' },
  queued: { title: 'Thank you', text: 'Your confirmation is kept and will be acted on in a moment.' },
  closed: { title: 'This account was closed', text: 'The link no longer works. You may sign up again.' },
  unknown: {
    title: 'Unknown link',
    text: 'This link was not made here. Please copy it whole from the mail.',
  },
};

/** A page with one thing to say, for `/verify/<token>`. */
function card(head: Pick<Head, 'title' | 'referrer'>, ...content: Children[]): string {
  return renderPage(
    { ...head, stylesheets: ['../assets/pages.css'] },
    h('main', { class: 'card' }, h('h1', null, head.title), ...content),
  );
}

function SignupForm({ isHere }: { isHere: (style: Style) => boolean }): Html {
  return h(
    'form',
    { class: 'signup', id: 'signup' },
    h(
      'label',
      null,
      'E-mail ',
      h('input', { name: 'email', type: 'email', required: true, placeholder: 'ada@example.com' }),
    ),
    h('label', null, 'Phone (optional) ', h('input', { name: 'phone', placeholder: '+15550001111' })),
    h('label', null, 'Name (optional) ', h('input', { name: 'name', placeholder: 'Ada' })),
    h(
      'div',
      { class: 'styles' },
      styles.map((style) =>
        h('button', { name: 'style', value: style, disabled: !isHere(style) }, `As ${traits[style].kind}`),
      ),
      h('button', { name: 'style', value: 'all' }, 'All styles'),
    ),
  );
}

function Latest({ latest, links }: { latest: readonly Signup[]; links: Links }): Html {
  const notified = `Notified (${channelNames.join(', ')})`;
  const columns = ['E-mail', 'Style', 'Status', notified, 'Started (UTC)', 'Links'];
  return h(
    'section',
    { id: 'latest' },
    h('h2', null, 'Latest signups'),
    h(
      Table,
      { columns },
      latest.length === 0 && h('tr', null, h('td', { colSpan: columns.length }, 'None yet.')),
      latest.map((signup) => h(Row, { signup, links })),
    ),
  );
}

function Row({ signup, links }: { signup: Signup; links: Links }): Html {
  const { id, style, status, email, notified, startedAt, parked } = signup;
  const workflow = traits[style].mechanism === 'workflow' ? links.workflow?.(id) : undefined;
  return h(
    'tr',
    null,
    h('td', null, h(Typed, { text: email })),
    h('td', null, style),
    h('td', null, status, parked.map(trouble)),
    h('td', null, channelNames.map((channel) => notified[channel] ?? '–').join(', ')),
    h('td', null, h(Time, { at: startedAt })),
    h(
      'td',
      null,
      h(Link, { to: `signups/${id}`, text: 'signup' }),
      ' ',
      h(Link, { to: workflow, text: 'workflow' }),
    ),
  );
}

function trouble({ step, attempts, lastError }: ParkedStep): Children {
  const text = `${step} is parked after ${attempts} tries: ${lastError}`;
  return [h('br', null), h('span', { class: 'trouble' }, text)];
}
