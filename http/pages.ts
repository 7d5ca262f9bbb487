/** The few pages: the start page and the two behind a verification link. Plain HTML; what people typed is escaped. */
import { channelNames } from '../domain/process.ts';
import { traits } from '../domain/styles.ts';
import type { Clicked } from '../domain/coordinator.ts';
import { styles, type ParkedStep, type Signup, type Style } from '../domain/signup.ts';

/** Where the start page links to, as far as it is there. */
export type Links = {
  temporalUi?: string | undefined;
  /** The page of the workflow that plays a signup. */
  workflow?: ((signupId: string) => string) | undefined;
  rabbitmqUi?: string | undefined;
  mailbox?: string | undefined;
};

const style = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 22%, transparent); --accent: #3557d6; --trouble: #b3261e }
  @media (prefers-color-scheme: dark) { :root { --accent: #9db2ff; --trouble: #ff9a90 } }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 74rem; margin: 2.5rem auto; padding: 0 1.25rem }
  h1 { margin: 0; letter-spacing: -.02em } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem }
  a { color: var(--accent) } p.lead { margin: .2rem 0 1rem; opacity: .75 }
  nav { display: flex; flex-wrap: wrap; gap: 1.25rem; padding: .6rem 0; border-block: 1px solid var(--line) }
  form.signup { display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); gap: .75rem; align-items: end }
  label { display: grid; gap: .2rem; font-size: .85rem }
  input, button { font: inherit; padding: .5rem .65rem; border: 1px solid var(--line); border-radius: .4rem; background: transparent; color: inherit }
  button { cursor: pointer; border-color: var(--accent); color: var(--accent); font-weight: 600 }
  button:disabled { opacity: .45; cursor: not-allowed }
  button:hover:enabled { background: color-mix(in srgb, var(--accent) 12%, transparent) }
  .scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .92rem }
  th, td { text-align: left; padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line); white-space: nowrap }
  #answer p { margin: .6rem 0 0 } .trouble { color: var(--trouble) }
  main.card { max-width: 26rem; margin: 15vh auto; text-align: center }`;

/** Why a style is not here; undefined where it is. */
export type WhyNotHere = (style: Style) => string | undefined;

/** The start page: a form that starts a signup in each style that is here, the latest signups, and where to look. */
export function startPage(links: Links, latest: Signup[] | undefined, whyNotHere: WhyNotHere): string {
  const isHere = (each: Style) => whyNotHere(each) === undefined;
  const nav = [
    link('Temporal UI', links.temporalUi),
    link('RabbitMQ UI', links.rabbitmqUi),
    link('Mailbox', links.mailbox),
    link('API', 'openapi.json'),
  ];
  return page(
    'Duet',
    `<h1>Duet</h1>
    <p class="lead">One signup, coordinated in six styles: as calls that wait, as an event chain over queues and logs, and as a durable workflow.</p>
    <nav>${nav.join('')}</nav>
    <h2>Sign up</h2>
    <form class="signup" id="signup">
      <label>E-mail <input name="email" type="email" required placeholder="ada@example.com"></label>
      <label>Phone (optional) <input name="phone" placeholder="+15550001111"></label>
      <label>Name (optional) <input name="name" placeholder="Ada"></label>
      ${styles.map((each) => `<button name="style" value="${each}"${isHere(each) ? '' : ' disabled'}>As ${traits[each].kind}</button>`).join('')}
      <button name="style" value="all">All styles</button>
    </form>
    ${styles
      .flatMap((each) => whyNotHere(each) ?? [])
      .map((why) => `<p class="lead">${escape(why)}</p>`)
      .join('')}
    <div id="answer" aria-live="polite"></div>
    ${latest === undefined ? '' : latestTable(latest, links)}
    <script type="module" src="assets/start.js"></script>`,
  );
}

/** The page behind the link of a mail: its button posts to the same address. */
export function verifyPage(): string {
  return page(
    'Confirm your address',
    // Without a referrer policy of its own the page would post as from no site at all.
    `<meta name="referrer" content="same-origin"><main class="card"><h1>Confirm your address</h1>
    <p>One click, and your account is active.</p>
    <form method="post"><button>Confirm</button></form></main>`,
  );
}

/** What came of the click. */
export function clickedPage(clicked: Clicked): string {
  const { title, text } = clickedTexts[clicked];
  return page(title, `<main class="card"><h1>${title}</h1><p>${text}</p></main>`);
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

function latestTable(latest: Signup[], { workflow }: Links): string {
  const rows = latest.map(({ id, style: played, status, email, notified, startedAt, parked }) => {
    const history = traits[played].mechanism === 'workflow' ? link('workflow', workflow?.(id)) : '';
    return `<tr><td>${escape(email)}</td><td>${played}</td><td>${status}${parked.map(trouble).join('')}</td>
      <td>${channelNames.map((channel) => notified[channel] ?? '–').join(', ')}</td>
      <td><time>${startedAt.slice(0, 19).replace('T', ' ')}</time></td>
      <td>${link('signup', `signups/${id}`)} ${history}</td></tr>`;
  });
  return `<section id="latest"><h2>Latest signups</h2><div class="scroll"><table>
    <tr><th>E-mail</th><th>Style</th><th>Status</th><th>Notified (${channelNames.join(', ')})</th><th>Started (UTC)</th><th></th></tr>
    ${rows.join('') || '<tr><td colspan="6">None yet.</td></tr>'}</table></div></section>`;
}

function trouble({ step, attempts, lastError }: ParkedStep): string {
  return `<br><span class="trouble">${escape(`${step} is parked after ${attempts} tries: ${lastError}`)}</span>`;
}

function link(text: string, to: string | undefined): string {
  return to === undefined ? '' : `<a href="${escape(to)}">${text}</a>`;
}

function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <link rel="icon" href="data:,"><title>${title}</title><style>${style}</style><body>${body}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
