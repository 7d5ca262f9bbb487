// The start page's form: posts JSON, once or once per style, then says how each signup goes on until it ends.
import { tell } from './telling.js';

const form = document.getElementById('signup');
const answer = document.getElementById('answer');
const soonMs = 500;
const laterMs = 3000;

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const entries = [...new FormData(form, event.submitter)].filter(([, value]) => value !== '');
  const typed = Object.fromEntries(entries);
  const styles = typed.style === 'all' ? everyStyle() : [typed.style];
  await Promise.all(styles.map((style) => signUp({ ...typed, email: addressFor(style, typed), style })));
});

const everyStyle = () =>
  [...form.querySelectorAll('button[name=style]')]
    .filter(({ value, disabled }) => value !== 'all' && !disabled)
    .map(({ value }) => value);

// An address can be taken only once; what follows the plus sign, mail servers leave to the mailbox.
function addressFor(style, { email, style: chosen }) {
  return chosen === 'all' ? email.replace('@', `+${style}@`) : email;
}

async function signUp(request) {
  const line = answer.appendChild(document.createElement('p'));
  line.textContent = `${request.email}, ${request.style}: signing up …`;
  try {
    const response = await fetch('signups', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    const body = await response.json();
    if (response.ok) return await follow(body, line);
    line.textContent = `${request.email}, ${request.style}: ${body.title}${body.detail ? `: ${body.detail}` : ''}`;
  } catch {
    line.textContent = `${request.email}, ${request.style}: the API does not answer.`;
  }
}

async function follow({ id }, line) {
  for (let looks = 0; ; looks++) {
    const [signup, history] = await Promise.all([look(`signups/${id}`), look(`signups/${id}/history`)]);
    // What cannot be seen just now may still be going on.
    if (signup && history) {
      const { text, inTrouble, ended } = tell(signup, history);
      const isNew = line.textContent !== text;
      line.textContent = text;
      line.className = inTrouble ? 'trouble' : '';
      if (isNew) await renewLatest();
      if (ended) return;
    }
    await new Promise((resolve) => setTimeout(resolve, looks < 40 ? soonMs : laterMs));
  }
}

async function look(path) {
  try {
    const response = await fetch(path);
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

async function renewLatest() {
  const shown = document.getElementById('latest');
  const response = shown && (await fetch(document.URL).catch(() => undefined));
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const renewed = page.getElementById('latest');
  if (renewed) shown.replaceWith(renewed);
}
