/** Breaking a running stack: each switch does what it says, heals by itself, and leaves nothing broken. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultName, FaultState } from '../../domain/faults.ts';
import type { HistoryEntry } from '../../domain/history.ts';
import type { ProcessReport } from '../../domain/report.ts';
import type { Style } from '../../domain/signup.ts';
import { NotSwitchable } from '../../domain/supervisor.ts';
import { until } from '../../adapters/waiting.ts';
import { supervisorOver } from '../../tools/platform/control.ts';
import { startStack, type ProcessName } from '../../tools/platform/stack.ts';
import {
  arrival,
  historyThat,
  mailbox,
  notifiedSignup,
  postUntilAnswered,
  purposesOf,
  resume,
  send,
  startSignup,
  uniqueRequest,
} from '../client.ts';
import { start, type Ended } from '../cli/command.ts';
import { theStack } from '../stack.ts';
import { temporaryFolder, untilGone } from './stage.ts';

const { PATH, HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env;
const surroundings = { PATH, HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE };

const supervisor = () => supervisorOver(theStack().home);

async function brokenIn(home = theStack().home): Promise<FaultState[]> {
  return (await supervisorOver(home).faults()).filter(({ healsAt }) => healsAt !== null);
}
const untilWell = (withinMs = 30_000) =>
  until(
    'nothing to be broken',
    async () => {
      const broken = await brokenIn();
      if (broken.length > 0) throw new Error(JSON.stringify(broken));
      return true;
    },
    { withinMs },
  );

async function reportOf(name: string): Promise<ProcessReport> {
  const report = (await supervisor().processes()).find((each) => each.name === name);
  assert.ok(report, name);
  return report;
}

type Wish = { id: string; to: string; used: number };
const wishes = async (url = theStack().urls.mailbox!) =>
  (await send<Wish[]>('GET', '/scenarios', { url })).body;

/** Breaks something over HTTP while `use` runs, and heals it. */
async function whileBroken(name: FaultName, use: () => Promise<void>): Promise<void> {
  const { status, body } = await send('PUT', `/faults/${name}`, { body: { forMs: 120_000 } });
  assert.equal(status, 200, JSON.stringify(body));
  try {
    await use();
  } finally {
    assert.equal((await send('DELETE', `/faults/${name}`)).status, 204);
  }
}

const untilSilent = () =>
  until('a provider to be silent to somebody', async () =>
    (await wishes()).some(({ to, used }) => to === '*' && used > 0),
  );

const stepWith = (step: string, state: HistoryEntry['kind'], detail: RegExp, id: string) =>
  historyThat(`${step} is ${state}`, id, (history) =>
    history.some((entry) => entry.step === step && entry.kind === state && detail.test(entry.detail ?? '')),
  );

describe('A mail server', function () {
  this.timeout(90_000);
  const style: Style = 'choreography';

  it('that is slow makes the caller of a waiting style wait', async () => {
    await whileBroken('mail-slow', async () => {
      const began = performance.now();
      const { status } = await postUntilAnswered(uniqueRequest('synchronous-reactive'));
      assert.equal(status, 201);
      // By a clock that may differ from that of the mailbox.
      assert.ok(performance.now() - began > 1_990);
    });
  });

  it('that asks to try later is tried again, and takes the mail once it is healed', async () => {
    const request = uniqueRequest(style);
    await whileBroken('mail-451', async () => {
      const { id } = await startSignup(request);
      await stepWith('sendEmail welcome', 'retrying', /451 4\.3\.0 Try later/, id);
    });
    assert.deepEqual(purposesOf(await oneArrival(request.email)), ['welcome']);
  });

  it('that refuses us parks the step, and closes no account', async () => {
    const request = uniqueRequest(style);
    let id = '';
    await whileBroken('mail-550', async () => {
      ({ id } = await startSignup(request));
      await stepWith('sendEmail welcome', 'parked', /550 5\.7\.1/, id);
    });
    await resume(id);
    await oneArrival(request.email);
  });

  it('that is silent keeps a mail waiting, and takes it once when it is healed', async () => {
    const request = uniqueRequest(style);
    await whileBroken('mail-silent', async () => {
      await startSignup(request);
      await untilSilent();
      assert.deepEqual(await mailbox(request.email), []);
    });
    await oneArrival(request.email);
  });

  it('whose answer is lost has the mail, and gets it again', async () => {
    const request = uniqueRequest(style);
    await whileBroken('mail-answer-lost', async () => {
      const { id } = await startSignup(request);
      await stepWith('sendEmail welcome', 'retrying', /./, id);
      await arrival(request.email, 'welcome');
    });
    await until('the mail to be there twice', async () => (await mailbox(request.email)).length >= 2);
  });

  it('is as the fault says that was asked for last', async () => {
    const request = uniqueRequest(style);
    await whileBroken('mail-451', () =>
      whileBroken('mail-silent', async () => {
        await startSignup(request);
        await untilSilent();
      }),
    );
    await oneArrival(request.email);
  });

  async function oneArrival(email: string) {
    await arrival(email, 'welcome');
    const letters = await mailbox(email);
    assert.equal(letters.length, 1);
    return letters;
  }
});

describe('An SMS provider', function () {
  this.timeout(90_000);

  it('that is out of order is tried again, and takes the SMS once it is healed', async () => {
    const request = uniqueRequest('choreography');
    await whileBroken('sms-503', async () => {
      const { id } = await startSignup(request);
      await stepWith('sendSms welcome', 'retrying', /503/, id);
      await arrival(request.email, 'welcome');
    });
    await arrival(request.phone!, 'welcome');
  });

  it('that is silent keeps an SMS waiting, and takes it once when it is healed', async () => {
    const request = uniqueRequest('choreography');
    await whileBroken('sms-silent', async () => {
      await startSignup(request);
      await untilSilent();
      await arrival(request.email, 'welcome');
      assert.deepEqual(await mailbox(request.phone!), []);
    });
    await arrival(request.phone!, 'welcome');
    assert.equal((await mailbox(request.phone!)).length, 1);
  });
});

describe('A fault', function () {
  this.timeout(180_000);
  afterEach(() => supervisor().heal());

  it('heals by itself, and only itself', async () => {
    const other = { channel: 'email', to: 'nobody@example.com', stage: 'rcpt', reply: '451 4.3.0 Later' };
    const { body } = await send<Wish>('POST', '/scenarios', { body: other, url: theStack().urls.mailbox! });
    const both = ['mail-451', 'sms-503'] as const;
    for (const name of both) await supervisor().break(name, { forMs: 120_000 });
    assert.equal((await wishes()).filter(({ to }) => to === '*').length, 2);
    // Its time begins anew, and is short now.
    for (const name of both) await supervisor().break(name, { forMs: 300 });
    await untilWell();
    const left = await wishes();
    assert.deepEqual(
      left.filter(({ to }) => to === '*'),
      [],
    );
    assert.ok(left.some(({ id }) => id === body.id));
    await send('DELETE', `/scenarios/${body.id}`, { url: theStack().urls.mailbox! });
  });

  it('of mail ends with the mailbox, which forgets it', async () => {
    await supervisor().break('mail-451', { forMs: 120_000 });
    await theStack().kill('mailbox');
    await untilWell();
    await theStack().untilReady('mailbox');
    assert.deepEqual(await wishes(), []);
  });

  it('that kills a process lasts until it is started again', async () => {
    const pid = theStack().pidOf('notifications');
    const { restarts } = await reportOf('notifications');
    const { status, body } = await send<FaultState>('PUT', '/faults/kill-notifications', {
      body: { forMs: 120_000 },
    });
    assert.equal(status, 200);
    assert.notEqual(body.healsAt, null);
    await untilWell();
    assert.notEqual(theStack().pidOf('notifications'), pid);
    assert.deepEqual(await reportOf('notifications'), {
      name: 'notifications',
      state: 'running',
      restarts: restarts + 1,
    });
  });

  it('that holds a process keeps it away until its time is over', async () => {
    await supervisor().break('hold-tracker', { forMs: 120_000 });
    assert.equal((await reportOf('tracker')).state, 'held');
    assert.equal(theStack().pidOf('tracker'), undefined);
    await assert.rejects(supervisor().break('kill-tracker', {}), NotSwitchable);
    // Its time begins anew, and is short now.
    await supervisor().break('hold-tracker', { forMs: 300 });
    await untilWell();
    assert.equal((await reportOf('tracker')).state, 'running');
  });

  it('that holds the API is answered before it is held, and is healed from the terminal', async () => {
    const { api } = theStack().urls;
    const { status, body } = await send<FaultState>('PUT', '/faults/hold-api', {
      body: { forMs: 120_000, askedBy: 'page' },
    });
    assert.equal(status, 200);
    assert.ok(body.remainingMs! > 60_000);
    await until('the API to be held', async () => (await reportOf('api')).state === 'held');
    await assert.rejects(fetch(`${api}/health/live`));

    const list = await faultsCommand('list');
    assert.match(
      list.out,
      /^hold-api +broken for [12] m[^,]*, by page +SIGKILL to the API; it stays away\.$/m,
    );
    const refused = await faultsCommand('break', 'kill-api');
    assert.deepEqual([refused.code, refused.out], [1, '']);
    assert.match(refused.err, /^`hold-api` is on/);
    assert.equal((await faultsCommand('heal', 'hold-api')).out, 'hold-api is healed.\n');
    assert.equal((await fetch(`${api}/health/live`)).status, 200);
    assert.deepEqual(await brokenIn(), []);
  });

  it('that holds a part lasts until it is well again: every part at once', async () => {
    const parts = ['rabbitmq', 'kafka', 'temporal', 'postgres', 'mailbox'] as const;
    await theStack().untilReady('kafka');
    await Promise.all(parts.map((part) => supervisor().break(`hold-${part}`, { forMs: 120_000 })));
    for (const part of parts) assert.equal((await reportOf(part)).state, 'held', part);
    assert.equal((await brokenIn()).length, parts.length);
    assert.equal((await send('DELETE', '/faults')).status, 204);
    for (const part of parts) assert.equal((await reportOf(part)).state, 'running', part);
    assert.deepEqual(await brokenIn(), []);
    await notifiedSignup(uniqueRequest('choreography'));
  });

  it('is broken and healed from a terminal', async () => {
    const broke = await faultsCommand('break', 'sms-503', '--for', '1m');
    assert.match(broke.out, /^The SMS provider is out of order\. It heals within 1 m; /);
    const [state, ...others] = await brokenIn();
    assert.deepEqual([state?.name, state?.askedBy, others], ['sms-503', 'terminal', []]);
    const listed = JSON.parse((await faultsCommand('list', '--json')).out) as FaultState[];
    assert.equal(listed.find(({ name }) => name === 'sms-503')?.askedBy, 'terminal');
    assert.equal((await faultsCommand('heal')).out, 'Nothing is broken.\n');
    assert.deepEqual(await brokenIn(), []);
    for (const words of [
      ['break', 'mail'],
      ['break', 'sms-503', '--for', '3m'],
      ['break', 'sms-503', '--for', '10'],
      ['heal', 'mail'],
    ])
      assert.equal((await faultsCommand(...words)).code, 2, words.join(' '));
  });

  function faultsCommand(...words: string[]): Promise<Ended> {
    return start('faults', words, { DUET_HOME: theStack().home }).ended;
  }
});

describe('A stack that was broken', function () {
  this.timeout(180_000);

  it('is well at its next start, though its supervisor was killed meanwhile', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, 'state');
    const processes: ProcessName[] = ['mailbox', 'postgres', 'temporal', 'tracker'];
    const script = fileURLToPath(new URL('supervised.ts', import.meta.url));
    const killed = spawn(process.execPath, [script, home, ...processes], {
      env: surroundings,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    killed.stdout.on('data', (chunk) => (printed += String(chunk)));
    await until('the stack to be up', () => printed.startsWith('up '), { withinMs: 60_000 });
    const forMs = 120_000;
    await supervisorOver(home).break('mail-silent', { forMs });
    await supervisorOver(home).break('hold-tracker', { forMs });
    await supervisorOver(home).break('hold-postgres', { forMs });
    assert.equal((await brokenIn(home)).length, 3);
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    await untilGone([], folder.path);

    await using stack = await startStack({ home, environment: surroundings, processes });
    assert.deepEqual(await brokenIn(home), []);
    assert.deepEqual(await wishes(stack.urls.mailbox), []);
    const states = (await supervisorOver(home).processes()).map(({ name, state }) => `${name} ${state}`);
    for (const name of processes) assert.ok(states.includes(`${name} running`), states.join());
  });

  it('stops in order, and at once', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, 'state');
    const processes: ProcessName[] = ['mailbox', 'postgres'];
    const stack = await startStack({ home, environment: surroundings, processes });
    await supervisorOver(home).break('sms-silent', {});
    await supervisorOver(home).break('hold-postgres', {});
    const began = Date.now();
    await stack.stop();
    assert.ok(Date.now() - began < 15_000, `${Date.now() - began} ms`);
    await untilGone([], folder.path);
  });

  it('is not broken where its API may be reached from elsewhere, unless that is allowed', async () => {
    using folder = temporaryFolder();
    // Without an API: nothing listens there.
    const options = { environment: { ...surroundings, HOST: '0.0.0.0' }, processes: ['mailbox'] as const };
    const home = join(folder.path, 'state');
    {
      await using _stack = await startStack({ home, ...options });
      const states = await supervisorOver(home).faults();
      assert.ok(
        states.every(({ isHere, whyNot }) => !isHere && /`npm start -- --faults`/.test(whyNot ?? '')),
      );
      await assert.rejects(supervisorOver(home).break('mail-451', {}), NotSwitchable);
    }
    await using _allowed = await startStack({ home, ...options, faults: true });
    assert.equal((await supervisorOver(home).break('mail-451', {})).isHere, true);
  });

  it('breaks nothing that it has only attached to, and says what would help', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, 'state');
    const { databaseAdmin, smtp, sms } = theStack().addresses;
    const environment = { ...surroundings, DATABASE_URL: databaseAdmin, SMTP_URL: smtp, SMS_URL: sms };
    await using _stack = await startStack({ home, environment, processes: ['mailbox', 'postgres'] });
    const states = new Map((await supervisorOver(home).faults()).map((each) => [each.name, each]));
    for (const [name, help] of [
      ['mail-silent', /SMTP_URL/],
      ['sms-503', /SMS_URL/],
      ['hold-postgres', /DATABASE_URL/],
      ['hold-mailbox', /SMTP_URL and SMS_URL/],
      ['hold-kafka', /no Kafka/],
      ['kill-api', /did not start `api`/],
      ['poison', /`npm run stage`/],
    ] as const) {
      assert.equal(states.get(name)?.isHere, false, name);
      assert.match(states.get(name)?.whyNot ?? '', help);
      await assert.rejects(supervisorOver(home).break(name, {}), help);
    }
  });
});
