/** The balance of an account: one way of asking, and no answer that tells by which style the account was opened. */
import { strict as assert } from 'node:assert';
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import {
  clickUntilActedOn,
  idOf,
  linkOf,
  signupThat,
  startSignup,
  uniqueEmail,
  uniqueRequest,
} from '../client.ts';
import { assertProblem, exchange, type Exchanged } from '../http/exchange.ts';
import { itSideBySide } from '../side-by-side.ts';

type Shown = { amount: string; currency: string; asOf: string };

const balance = (id: string) => exchange<Shown>('GET', `/accounts/${id}/balance`);

/** The accounts as they can be, and how a signup of a style comes to have one. */
const accounts: Record<string, (style: Style) => Promise<string>> = {
  'a pending account': async (style) => (await pending(style)).id,
  'an active account': active,
  'a closed account': closed,
  'an account that is not there': async (style) => idOf(style),
};

describe('GET /accounts/<id>/balance', () => {
  const it = itSideBySide();

  for (const style of styles) {
    it(`shows the welcome credit once the account is activated, by ${style}, and no second time`, async () => {
      const { id } = await pending(style);
      const before = await balance(id);
      assert.deepEqual(withoutTime(before), [200, { amount: '0.00', currency: 'EUR' }]);
      for (const _time of ['first', 'second']) await clickUntilActedOn(await linkOf(id));
      const after = await balance(id);
      assert.deepEqual(withoutTime(after), [200, { amount: '5.00', currency: 'EUR' }]);
      assert.ok(before.body.asOf <= after.body.asOf);
    });
  }

  it('answers 410 once the account is closed', async () => {
    const [style] = styles;
    const title = 'The account was closed';
    assertProblem(await balance(await closed(style)), { status: 410, kind: 'closed', title });
  });

  it('answers 404 where there is no such account', async () => {
    for (const id of [idOf(styles[0]), '9b2c2f4e-18a1-4a34-9c2b-0d4f1d2d6f10', 'x', '%00', "'"])
      assertProblem(await balance(id), { status: 404, kind: 'not-found', title: 'Not found' });
  });

  it('takes an id in whatever case', async () => {
    const { id } = await pending(styles[0]);
    assert.equal((await balance(id.toUpperCase())).status, 200);
  });

  for (const [what, open] of Object.entries(accounts)) {
    it(`gives the same answer with the same headers for ${what}, whatever the style`, async () => {
      const answers = await Promise.all(styles.map(async (style) => alike(await balance(await open(style)))));
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
      for (const style of styles) {
        const text = JSON.stringify(answers).toLowerCase();
        assert.ok(!text.includes(style) && !text.includes(traits[style].mechanism), `${style} shows`);
      }
    });
  }
});

async function pending(style: Style): Promise<{ id: string }> {
  const { id } = await startSignup(uniqueRequest(style));
  return signupThat('has an account', id, ({ status }) => status !== 'opening');
}

async function active(style: Style): Promise<string> {
  const { id } = await pending(style);
  await clickUntilActedOn(await linkOf(id));
  return id;
}

async function closed(style: Style): Promise<string> {
  const { id } = await startSignup(uniqueRequest(style, { email: uniqueEmail('undeliverable.example') }));
  await signupThat('is closed', id, ({ outcome }) => outcome === 'undeliverable');
  return id;
}

function withoutTime({ status, body: { asOf, ...shown } }: Exchanged<Shown>): [number, object] {
  assert.match(asOf, /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/);
  return [status, shown];
}

/** An answer without what differs from one account or moment to the next. */
function alike({ status, headers, body }: Exchanged<Partial<Shown>>) {
  const { date: _date, etag: _etag, ...others } = headers;
  const said = JSON.stringify({ ...body, asOf: undefined });
  return {
    status,
    headers: others,
    said: said.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID'),
  };
}
