// The start page's form: posts JSON, then shows how the signup goes on.
const form = document.getElementById('signup');
const answer = document.getElementById('answer');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const entries = [...new FormData(form, event.submitter)].filter(([, value]) => value !== '');
  answer.textContent = 'Signing up …';
  try {
    const response = await fetch('signups', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(entries)),
    });
    const body = await response.json();
    if (!response.ok) {
      answer.textContent = `${body.title}${body.detail ? `: ${body.detail}` : ''}`;
      return;
    }
    await follow(body);
  } catch {
    answer.textContent = 'The API does not answer.';
  }
});

async function follow(signup) {
  for (let look = 0; look < 40 && !signup.outcome && !signup.notified.email; look++) {
    answer.textContent = `${signup.email}: ${signup.status} …`;
    await new Promise((resolve) => setTimeout(resolve, 500));
    signup = await (await fetch(`signups/${signup.id}`)).json();
  }
  location.reload();
}
