import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import getPort from 'get-port';
import nodemailer from 'nodemailer';
import type { Message } from '../../tools/platform/mailbox/store.ts';
import { until } from '../../adapters/waiting.ts';
import { temporaryFolder } from './stage.ts';

const main = fileURLToPath(new URL('../../tools/platform/mailbox/main.ts', import.meta.url));
const signup = '3f2b8c1e-7f8a-5c1d-9a55-0c9f1d2e3a4b';

describe('The mailbox', () => {
  const folder = temporaryFolder();
  let port = 0;
  let smtpPort = 0;
  let child: ChildProcess;
  const url = (path: string) => `http://127.0.0.1:${port}${path}`;

  before(async () => {
    await start();
  });
  afterEach(async () => {
    await fetch(url('/scenarios'), { method: 'DELETE' });
  });
  after(async () => {
    child.kill('SIGKILL');
    folder[Symbol.dispose]();
  });

  async function start(): Promise<void> {
    await spawnOnFreePorts();
    await until('the mailbox to be live', async () => {
      // Where another process has taken one of its ports meanwhile, it ends.
      if (child.exitCode !== null) await spawnOnFreePorts();
      return (await fetch(url('/health/live'))).ok;
    });
  }
  async function spawnOnFreePorts(): Promise<void> {
    [port, smtpPort] = [await getPort(), await getPort()];
    const where = [
      '--port',
      String(port),
      '--smtp-port',
      String(smtpPort),
      '--file',
      join(folder.path, 'mailbox.jsonl'),
    ];
    child = spawn(process.execPath, [main, ...where], { stdio: 'ignore' });
  }
  async function messages(query: string): Promise<Message[]> {
    return (await (await fetch(url(`/messages?${query}`))).json()) as Message[];
  }
  async function mail(to: string | string[], extra: object = {}): Promise<string> {
    // A connection per mail: nothing of one test is left open for the next.
    const transport = nodemailer.createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
    const sent = await transport.sendMail({
      from: 'duet@duet.example',
      to,
      subject: 'Welcome',
      text: 'Hello',
      ...extra,
    });
    return sent.response;
  }
  async function sms(fields: Record<string, string>): Promise<Response> {
    const body = new URLSearchParams({ From: '+15005550006', Body: 'Hello', ...fields });
    return fetch(url('/2010-04-01/Accounts/ACduet/Messages.json'), { method: 'POST', body });
  }
  async function scenario(wish: object): Promise<Response> {
    return fetch(url('/scenarios'), { method: 'POST', body: JSON.stringify(wish) });
  }
  async function taken(wish: object): Promise<string> {
    return ((await (await scenario(wish)).json()) as { id: string }).id;
  }
  async function withdraw(id: string): Promise<number> {
    const answer = await fetch(url(`/scenarios/${id}`), { method: 'DELETE' });
    return ((await answer.json()) as { deleted: number }).deleted;
  }
  async function untilAllUsed(): Promise<void> {
    await until('each scenario to be used', async () => {
      const active = (await (await fetch(url('/scenarios'))).json()) as { used: number }[];
      return active.every(({ used }) => used > 0);
    });
  }

  it('gives what came after an arrival, and what is of a signup, newest first', async () => {
    const to = `after-${Date.now()}@example.com`;
    await mail(to, { messageId: `<${signup}.welcome@duet.example>` });
    const [first] = await messages(`to=${to}`);
    await mail(to);
    const callback = `http://duet.example/?signup=${signup}&purpose=welcome`;
    await sms({ To: '+15550007777', StatusCallback: callback });
    const later = await messages(`after=${first!.id}&limit=1000`);
    assert.deepEqual(
      later.map(({ channel }) => channel),
      ['sms', 'email'],
    );
    assert.deepEqual(await messages(`after=${later[0]!.id}`), []);
    assert.equal(
      (await messages(`after=${randomUUID()}&to=${to}`)).length,
      2,
      'one that is not kept any more',
    );
    const own = await messages(`signup=${signup}&limit=1000`);
    assert.ok(own.some(({ id }) => id === first!.id) && own.some(({ id }) => id === later[0]!.id));
    assert.ok(own.every(({ signupId }) => signupId === signup));
    assert.deepEqual(await messages(`signup=${signup}&after=${first!.id}`), [later[0]]);
  });

  it('shows a mail with its links and what its Message-ID says', async () => {
    const link = 'https://duet.example/verify/token-1';
    const messageId = `<${signup}.welcome@duet.example>`;
    await mail('shown@example.com', { messageId, text: `Please click ${link}. Thank you – Grüße` });
    const [message] = await messages('to=SHOWN@example.com');
    assert.ok(message);
    assert.deepEqual(
      [message.channel, message.to, message.subject],
      ['email', 'shown@example.com', 'Welcome'],
    );
    assert.deepEqual([message.signupId, message.purpose], [signup, 'welcome']);
    assert.equal(message.messageId, `${signup}.welcome@duet.example`);
    assert.deepEqual(message.links, [link]);
    assert.match(message.text, /Grüße/);
  });

  it('shows an SMS with what its StatusCallback says', async () => {
    const StatusCallback = `https://duet.example/sms?signup=${signup}&purpose=closed`;
    const answer = await sms({ To: '+15550001111', StatusCallback });
    assert.equal(answer.status, 201);
    assert.match(((await answer.json()) as { sid: string }).sid, /^SM[0-9a-f]{32}$/);
    const [message] = await messages('to=%2B15550001111');
    assert.ok(message);
    assert.deepEqual([message.channel, message.signupId, message.purpose], ['sms', signup, 'closed']);
    assert.equal(message.messageId, `${signup}.closed.sms`);
  });

  it('lists every arrival, so that duplicates show, newest first and no more than asked for', async () => {
    for (const subject of ['one', 'two', 'two']) await mail('twice@example.com', { subject });
    const subjects = (await messages('to=twice@example.com')).map((message) => message.subject);
    assert.deepEqual(subjects, ['two', 'two', 'one']);
    assert.equal((await messages('to=twice@example.com&limit=1')).length, 1);
  });

  it('keeps what it accepted when it is killed', async () => {
    await mail('kept@example.com');
    await sms({ To: '+15550002222' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await start();
    assert.equal((await messages('to=kept@example.com')).length, 1);
    assert.equal((await messages('to=%2B15550002222')).length, 1);
  });

  it('refuses every recipient at undeliverable.example', async () => {
    for (const to of ['nobody@undeliverable.example', 'nobody@mail.undeliverable.example']) {
      await assert.rejects(mail(to), (error: Error & { response?: string }) => {
        assert.equal(error.response, '550 5.1.1 No such user');
        return true;
      });
    }
  });

  it('refuses invalid numbers as Twilio does', async () => {
    for (const To of ['+15005550001', 'not a number']) {
      const answer = await sms({ To });
      assert.equal(answer.status, 400);
      const body = (await answer.json()) as { code: number; status: number };
      assert.deepEqual([body.code, body.status], [21211, 400]);
    }
  });

  it('answers as often as asked with a fault, then accepts', async () => {
    const to = 'later@example.com';
    await scenario({ channel: 'email', to, stage: 'rcpt', reply: '451 4.3.0 Try later', times: 2 });
    for (let attempt = 0; attempt < 2; attempt += 1) await assert.rejects(mail(to), /451 4\.3\.0 Try later/);
    assert.match(await mail(to), /^250 /);
  });

  it('refuses after DATA when asked to', async () => {
    await scenario({ channel: 'email', to: '*', stage: 'data', reply: '554 5.7.1 Policy', times: 1 });
    await assert.rejects(mail('data@example.com'), /554 5\.7\.1 Policy/);
    assert.deepEqual(await messages('to=data@example.com'), []);
  });

  it('keeps the mail and cuts the connection when asked to lose the answer', async () => {
    await scenario({
      channel: 'email',
      to: 'lost@example.com',
      stage: 'data',
      dropAfterAccept: true,
      times: 1,
    });
    await assert.rejects(mail('lost@example.com'));
    assert.equal((await messages('to=lost@example.com')).length, 1);
  });

  it('answers an SMS with any status, late, or not at all when asked to', async () => {
    const to = '+15550003333';
    await scenario({
      channel: 'sms',
      to,
      stage: 'http',
      reply: { status: 503, body: { message: 'down' } },
      times: 1,
    });
    await scenario({ channel: 'sms', to, stage: 'http', dropAfterAccept: true, times: 1 });
    assert.equal((await sms({ To: to })).status, 503);
    await assert.rejects(sms({ To: to }));
    assert.equal((await sms({ To: to })).status, 201);
    assert.equal((await messages('to=%2B15550003333')).length, 2);
  });

  it('forgets one scenario, and keeps the others', async () => {
    const to = 'forgiven@example.com';
    const id = await taken({ channel: 'email', to, stage: 'rcpt', reply: '451 4.3.0 One' });
    await scenario({ channel: 'email', to, stage: 'rcpt', reply: '451 4.3.0 Other' });
    await assert.rejects(mail(to), /451 4\.3\.0 One/);
    assert.equal(await withdraw(id), 1);
    assert.equal(await withdraw(id), 0);
    await assert.rejects(mail(to), /451 4\.3\.0 Other/);
  });

  it('plays a scenario that goes first before the others', async () => {
    const to = 'first@example.com';
    await scenario({ channel: 'email', to, stage: 'rcpt', reply: '451 4.3.0 Earlier' });
    await scenario({ channel: 'email', to: '*', stage: 'rcpt', reply: '451 4.3.0 First', goesFirst: true });
    await assert.rejects(mail(to), /451 4\.3\.0 First/);
  });

  it('goes on at once with what hangs because of a scenario that it is to forget', async () => {
    const hangMs = 3_600_000;
    const later = { status: 503, body: { message: 'down' } };
    const ids = [
      await taken({ channel: 'email', to: '*', stage: 'rcpt', hangMs, reply: '451 4.3.0 Later' }),
      await taken({ channel: 'sms', to: '*', stage: 'http', hangMs, reply: later }),
    ];
    const sending = [mail('hangs@example.com'), sms({ To: '+15550004444' })] as const;
    await untilAllUsed();
    for (const id of ids) assert.equal(await withdraw(id), 1);
    assert.match(await sending[0], /^250 /);
    assert.equal((await sending[1]).status, 201);
    assert.equal((await messages('to=hangs@example.com')).length, 1);
  });

  it('keeps nothing of a sender who has left, and is only then let go', async () => {
    const id = await taken({ channel: 'sms', to: '*', stage: 'http', hangMs: 3_600_000 });
    const body = new URLSearchParams({ From: '+15005550006', To: '+15550005555', Body: 'Hello' }).toString();
    const leaving = connect(port, '127.0.0.1');
    leaving.write(
      `POST /2010-04-01/Accounts/ACduet/Messages.json HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
        `content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await untilAllUsed();
    leaving.end();
    // The mailbox closes its end as well: it knows.
    await once(leaving.resume(), 'close');
    await withdraw(id);
    assert.equal((await sms({ To: '+15550005555' })).status, 201);
    assert.equal((await messages('to=%2B15550005555')).length, 1);
  });

  it('rejects a scenario it does not understand', async () => {
    assert.equal((await scenario({ channel: 'email', to: '*', stage: 'http' })).status, 400);
    assert.equal(
      (await scenario({ channel: 'email', to: '*', stage: 'rcpt', replay: '550 No' })).status,
      400,
    );
  });

  it('offers no STARTTLS and accepts any login', async () => {
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: smtpPort,
      requireTLS: false,
      auth: { user: 'anyone', pass: 'anything' },
    });
    await transport.verify();
    const strict = nodemailer.createTransport({ host: '127.0.0.1', port: smtpPort, requireTLS: true });
    await assert.rejects(strict.verify(), /TLS/i);
  });

  it('keeps each of hundreds of mails that come at once', async () => {
    const pool = nodemailer.createTransport({
      host: '127.0.0.1',
      port: smtpPort,
      ignoreTLS: true,
      pool: true,
      maxConnections: 50,
      maxMessages: Infinity,
    });
    const count = 600;
    await Promise.all(
      Array.from({ length: count }, () =>
        pool.sendMail({ from: 'a@duet.example', to: 'many@example.com', text: 'Hello' }),
      ),
    );
    pool.close();
    assert.equal((await messages('to=many@example.com&limit=1000')).length, count);
  });

  it('escapes what it shows on its page', async () => {
    await mail('page@example.com', {
      subject: '<script>alert(1)</script>',
      text: 'see https://duet.example/?a=1&b="2',
    });
    const page = await (await fetch(url('/?to=page@example.com'))).text();
    assert.match(page, /&lt;script>/);
    assert.doesNotMatch(page, /<script>/);
    assert.match(page, /<a href="https:\/\/duet\.example\/\?a=1&amp;b="/);
  });
});
