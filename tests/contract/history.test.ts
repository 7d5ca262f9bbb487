/**
 * The histories of every style, side by side: the same rows, whoever coordinates. Each scenario has one table of rows, and
 * every style must come to it. When a row came to be and where it was read differs, of course.
 */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { EntryKind, HistoryEntry } from '../../domain/history.ts';
import { styles, type Signup, type SignupRequest } from '../../domain/signup.ts';
import {
  arrival,
  clickUntilActedOn,
  holdAtProvider,
  linkOf,
  linkIn,
  openedSignup,
  postUntilOpened,
  beginScenario,
  resume,
  send,
  startSignup,
  uniqueRequest,
  idOf,
} from '../client.ts';
import { promises, traits, type Mechanism } from '../../domain/styles.ts';
import { until } from '../../adapters/waiting.ts';
import { itSideBySide } from '../side-by-side.ts';

/** Step, kind, attempts, detail. */
type Row = readonly [step: string, kind: EntryKind, attempts: number, detail: string | null];

const opened: Row = ['openAccount', 'done', 1, null];
const welcomed: Row[] = [
  ['sendEmail welcome', 'done', 1, null],
  ['sendSms welcome', 'done', 1, null],
  ['recordNotified', 'done', 1, null],
];
const waiting: Row = ['click', 'waiting', 0, 'until <time>'];
const activated: Row[] = [
  ['click', 'done', 0, null],
  ['activateAccount', 'done', 1, null],
  ['sendEmail activated', 'done', 1, null],
];
const policy = '550 5.7.1 Not from you';

/** Starts a signup whose first mail the provider refuses by its policy: no retry can cure that. */
async function startedWithoutMail(request: SignupRequest): Promise<Signup> {
  await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply: policy, times: 1 });
  return startSignup(request);
}

/** Where the rows are read. */
const sourcesOf: Record<Mechanism, string[]> = {
  calls: ['accounts', 'tracker'],
  chain: ['accounts', 'tracker'],
  workflow: ['history'],
};

describe('GET /signups/<id>/history', function () {
  this.timeout(90_000);

  const it = itSideBySide();

  for (const style of styles) {
    describe(`of a signup by ${style}`, () => {
      it('shows the wait for the click, and the activation after it', async () => {
        const request = uniqueRequest(style);
        const { id } = await startSignup(request);
        await historyBecomes(id, [opened, ...welcomed, waiting]);
        await clickUntilActedOn(await linkIn(request.email));
        await historyBecomes(id, [opened, ...welcomed, ...activated]);
      });

      it('shows an SMS that was skipped for want of a number', async () => {
        const { id } = await startSignup(uniqueRequest(style, { phone: undefined }));
        const [mail, , recorded] = welcomed;
        const skipped: Row = ['sendSms welcome', 'skipped', 1, 'there is nothing to send to'];
        await historyBecomes(id, [opened, mail!, skipped, recorded!, waiting]);
      });

      it('shows an SMS that was refused, in the words of the provider', async () => {
        const request = uniqueRequest(style);
        const body = { code: 21211, message: 'not a valid phone number', status: 400 };
        await beginScenario({
          channel: 'sms',
          to: request.phone,
          stage: 'http',
          reply: { status: 400, body },
        });
        const { id } = await startSignup(request);
        const [mail, , recorded] = welcomed;
        // The account says that it was notified before the tracker says how.
        const history = await historyThat(id, 'tells of both messages', (rows) =>
          ['sendEmail welcome', 'sendSms welcome', 'recordNotified'].every((name) =>
            rows.some(([step]) => step === name),
          ),
        );
        const [, , refused] = history;
        assert.deepEqual(refused?.slice(0, 3), ['sendSms welcome', 'refused', 1]);
        assert.match(String(refused?.[3]), /not a valid phone number/);
        assert.deepEqual(history, [opened, mail, refused, recorded, waiting]);
      });

      it('shows the compensation of an address that cannot be reached', async () => {
        const request = uniqueRequest(style);
        const reply = '550 5.1.1 No such user';
        // Late enough for the welcome SMS to be under way: once the account is closed it would be skipped.
        const late = { hangMs: 2000, times: 1 };
        await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply, ...late });
        const { id } = await startSignup(request);
        await historyBecomes(id, [
          opened,
          ['sendEmail welcome', 'refused', 1, reply],
          ['sendSms welcome', 'done', 1, null],
          ['click', 'skipped', 0, 'the account was closed: undeliverable'],
          ['closeAccount undeliverable', 'done', 1, null],
          ['sendSms closed', 'done', 1, null],
        ]);
      });

      it('shows why a signup was refused', async () => {
        const { email } = await openedSignup(uniqueRequest(style));
        const key = randomUUID();
        assert.equal((await postUntilOpened(uniqueRequest(style, { email }), { key })).status, 409);
        const message = 'another account, pending or active, has this e-mail address';
        await historyBecomes(idOf(style, key), [['openAccount', 'refused', 1, message]]);
      });

      if (promises(style, 'attempts-for-days'))
        it('counts the attempts of a mail that the provider took only the third time', async () => {
          const request = uniqueRequest(style);
          const reply = '451 4.3.0 Try later';
          await beginScenario({ channel: 'email', to: request.email, stage: 'rcpt', reply, times: 2 });
          const letGo = await holdAtProvider({ channel: 'email', to: request.email, stage: 'data' });
          const { id } = await startSignup(request);
          const [, sms, recorded] = welcomed;
          // The third attempt, held until this was seen, a workflow shows as under way, with the fault of the one before.
          await historyThat(id, 'tells of two attempts that faulted', (rows) =>
            rows.some(([step, kind, attempts, detail]) => {
              const faulted = kind === 'retrying' ? attempts : kind === 'running' ? attempts - 1 : 0;
              return step === 'sendEmail welcome' && faulted === 2 && Boolean(detail?.includes(reply));
            }),
          );
          await letGo();
          await historyBecomes(id, [
            opened,
            ['sendEmail welcome', 'done', 3, null],
            sms!,
            recorded!,
            waiting,
          ]);
        });

      if (promises(style, 'parking'))
        it('shows what is parked with its last error, and once it is resumed what became of it', async () => {
          const request = uniqueRequest(style);
          const { id } = await startedWithoutMail(request);
          const [, sms] = welcomed;
          const parked: Row = ['sendEmail welcome', 'parked', 1, `mail provider refused RCPT TO: ${policy}`];
          await historyBecomes(id, [opened, parked, sms!, waiting]);
          await resume(id);
          await historyBecomes(id, [opened, ...welcomed, waiting]);
        });

      if (promises(style, 'parking'))
        it('shows as skipped what was parked while the click came, when it is resumed after that', async () => {
          const request = uniqueRequest(style);
          const { id } = await startedWithoutMail(request);
          await historyThat(id, 'has parked its mail', (rows) => rows.some(([, kind]) => kind === 'parked'));
          // After the click it would be skipped as well.
          await arrival(request.phone!, 'welcome');
          assert.equal((await clickUntilActedOn(await linkOf(id))).status, 200);
          await arrival(request.email, 'activated');
          await resume(id);
          const [, sms] = welcomed;
          await historyBecomes(id, [
            opened,
            ['sendEmail welcome', 'skipped', 1, 'the signup had moved on'],
            sms!,
            ...activated,
          ]);
        });

      it('never shows the link or the person, and tells times of its own', async () => {
        const request = uniqueRequest(style);
        const before = Date.now();
        const { id } = await startSignup(request);
        await historyBecomes(id, [opened, ...welcomed, waiting]);
        const { body } = await read(id);
        assert.doesNotMatch(JSON.stringify(body), /\/verify\/|@|Lovelace|\+1999/);
        const sources = [...new Set(body.map(({ source }) => source))].toSorted();
        assert.deepEqual(sources, sourcesOf[traits[style].mechanism]);
        for (const { at, step } of body) {
          const time = Date.parse(at);
          assert.ok(time >= before && time <= Date.now(), `${step} at ${at}`);
        }
      });
    });
  }

  it('is not found for an id that nobody knows', async () => {
    for (const id of [randomUUID(), 'x']) assert.equal((await read(id)).status, 404);
  });
});

function read(id: string) {
  return send<HistoryEntry[]>('GET', `/signups/${id}/history`);
}

async function rowsOf(id: string): Promise<Row[]> {
  const { status, body } = await read(id);
  assert.equal(status, 200, JSON.stringify(body));
  return body.map(({ step, kind, attempts, detail }) => {
    return [step, kind, attempts, detail?.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, '<time>') ?? null];
  });
}

function historyThat(id: string, what: string, isSo: (rows: Row[]) => boolean): Promise<Row[]> {
  return until(`the history of ${id} that ${what}`, async () => {
    const rows = await rowsOf(id);
    if (isSo(rows)) return rows;
    throw new Error(JSON.stringify(rows));
  });
}

async function historyBecomes(id: string, expected: Row[]): Promise<void> {
  await until(
    `the history of ${id} to be complete`,
    async () => {
      assert.deepEqual(await rowsOf(id), expected);
      return true;
    },
    { withinMs: 45_000 },
  );
}
