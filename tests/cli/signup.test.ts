/** `npm run signup`: the API on a terminal, for people and for scripts. */
import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import type { HistoryEntry } from '../../domain/history.ts';
import { styles, type Signup } from '../../domain/signup.ts';
import { isAccepted, linkIn, signupThat, startSignup, uniqueEmail, uniqueRequest } from '../client.ts';
import { until } from '../../adapters/waiting.ts';
import { theStack } from '../stack.ts';
import { signup, signupActedOn, start } from './command.ts';

describe('npm run signup', () => {
  for (const style of styles) {
    it(`starts, shows and verifies a signup: ${style}`, async () => {
      const email = uniqueEmail();
      const words = [email, '--style', style, '--name', 'Ada', '--key', email, '--json'];
      const started = await signupActedOn('start', ...words);
      assert.equal(started.code, 0, started.err);
      const { id } = JSON.parse(started.out) as Signup;
      await linkIn(email);

      const shown = await signup('show', id);
      assert.match(shown.out, new RegExp(`signup +${id}\nstyle +${style}\nstatus +pending\n`));
      const verified = await signupActedOn('verify', id);
      assert.deepEqual(verified, { code: 0, out: `Signup ${id} is activated.\n`, err: '' });
      await signupThat('is activated', id, ({ status }) => status === 'activated');
    }).timeout(90_000);
  }

  it('starts one signup in each style, of one key', async () => {
    const email = uniqueEmail();
    const once = await signupActedOn('start', email, '--style', 'all', '--key', email, '--json');
    assert.equal(once.code, 0, once.err);
    const signups = JSON.parse(once.out) as Signup[];
    assert.deepEqual(
      signups.map(({ style }) => style),
      styles,
    );
    const again = await signupActedOn('start', email, '--style', 'all', '--key', email, '--json');
    assert.deepEqual(
      (JSON.parse(again.out) as Signup[]).map(({ id }) => id),
      signups.map(({ id }) => id),
    );
  }).timeout(90_000);

  it('tries every style, says which address was refused, and shows what was accepted', async () => {
    const email = uniqueEmail();
    const [local, domain] = email.split('@');
    const taken = `${local}+${styles[0]}@${domain}`;
    await startSignup({ ...uniqueRequest(styles[0]), email: taken });
    const words = ['start', email, '--style', 'all', '--key'];
    const { code, err, out } = await signupActedOn(...words, email, '--json');
    assert.equal(code, 1);
    assert.ok(err.startsWith(`${taken}: The e-mail address is taken: `), err);
    assert.deepEqual(
      (JSON.parse(out) as Signup[]).map(({ style }) => style),
      styles.slice(1),
    );
    // A workflow may be answered as `opening` before it has been refused.
    const again = await until('all to be refused', async () => {
      const ended = await signupActedOn(...words, `again-${email}`);
      assert.equal(ended.err.match(/is taken/g)?.length, styles.length);
      return ended;
    });
    assert.equal(again.code, 1);
    assert.equal(again.out, '');
  }).timeout(90_000);

  it('clicks a link as well as a token', async () => {
    for (const wordOf of [
      (path: string) => theStack().urls.api + path,
      (path: string) => path.split('/').at(-1)!,
    ]) {
      const request = uniqueRequest('choreography');
      const { id } = await startSignup(request);
      const { code, out, err } = await signup('verify', wordOf(await linkIn(request.email)), '--json');
      assert.equal(code, 0, err);
      assert.deepEqual(JSON.parse(out), { id, status: 'activated' });
    }
  }).timeout(90_000);

  it('says what the API said, each complaint on a line of its own, and exits with 1', async () => {
    const invalid = await signup('start', 'nobody', '--style', 'choreography', '--phone', '123');
    assert.equal(invalid.code, 1);
    assert.match(invalid.err, /^The request is not valid\n {2}email: .*\n {2}phone: .*E\.164/);
    const request = uniqueRequest('choreography');
    await startSignup(request);
    const taken = await signup('start', request.email, '--style', 'choreography');
    assert.equal(taken.code, 1);
    assert.match(taken.err, /^The e-mail address is taken: /);
    assert.equal(taken.out, '');
  }).timeout(60_000);

  it('says how to start the API where none answers', async () => {
    const { code, err } = await start('signup', ['list', '--url', 'http://127.0.0.1:9']).ended;
    assert.equal(code, 1);
    assert.match(err, /does not answer.*npm start/s);
  });

  const wrong = [
    [],
    ['dance'],
    ['start', 'a@example.com'],
    ['start', 'a@example.com', '--style', 'ballet'],
    ['show'],
    ['show', 'no-uuid', '--url', 'http://127.0.0.1:9'],
    ['show', 'one', 'two'],
    ['list', '--limit', '0'],
    ['list', '--limit', '101'],
    ['list', '--frehs'],
    ['fast-forward', 'last'],
    ['fast-forward', 'last', 'soon'],
    ['watch', '--after', 'now'],
    ['show', 'x', '--url', 'ftp://x'],
  ];
  for (const words of wrong) {
    it(`exits with 2 when called as \`${words.join(' ')}\``, async () => {
      const { code, err, out } = await start('signup', words).ended;
      assert.equal(code, 2, err);
      assert.match(err, /--help/);
      assert.equal(out, '');
    });
  }

  it('says that the duration is missing where it is', async () => {
    const { err } = await start('signup', ['fast-forward', 'last']).ended;
    assert.match(err, /^the duration is missing, expected one such as 90m/);
  });

  it('has help for the whole and for each command', async () => {
    const { out } = await signup('--help');
    assert.match(out, /^ {2}fast-forward \[options\] <signup\.\.\.> <duration> /m);
    for (const name of ['start', 'show', 'verify', 'history', 'resume', 'fast-forward', 'list', 'watch']) {
      assert.match(out, new RegExp(`^ {2}${name}\\b`, 'm'));
      const help = await start('signup', [name, '--help']).ended;
      assert.equal(help.code, 0);
      assert.match(help.out, new RegExp(`^Usage: npm run signup -- ${name}\\b`));
    }
  }).timeout(60_000);

  it('finds a signup by a beginning of its id, by its address, or as the last one', async () => {
    const request = uniqueRequest('choreography');
    const { id } = await startSignup(request);
    for (const word of [id.slice(0, 12), request.email.toUpperCase(), id.toUpperCase()]) {
      await until(`the signup to be found as ${word}`, async () => {
        const { out, err, code } = await signup('show', word, '--json');
        assert.equal(code, 0, err);
        assert.equal((JSON.parse(out) as Signup).id, id);
        return true;
      });
    }
    assert.match((await signup('show', 'last')).out, /^signup +[0-9a-f-]{36}$/m);
    const { code, err } = await signup('show', 'nobody@nowhere.example');
    assert.equal(code, 1);
    assert.match(err, /^None of the newest 200 signups is of nobody@nowhere\.example/);
  }).timeout(120_000);

  it('means the signup of an address that was let in, and not a later one that was refused', async () => {
    for (const style of styles) {
      const request = uniqueRequest(style);
      const { id } = await startSignup(request);
      await linkIn(request.email);
      for (const other of styles)
        assert.equal(await isAccepted(uniqueRequest(other, { email: request.email })), false);
      await until('the refused ones in the list', async () => {
        const { out } = await signup('list', '--status', 'refused', '--json');
        const refused = JSON.parse(out) as { email: string }[];
        return refused.filter(({ email }) => email === request.email).length === styles.length;
      });
      const verified = await signupActedOn('verify', request.email);
      assert.deepEqual(verified, { code: 0, out: `Signup ${id} is activated.\n`, err: '' });
      assert.equal((JSON.parse((await signup('show', request.email, '--json')).out) as Signup).id, id);
    }
  }).timeout(120_000);

  it('acts on several, and goes on where one of them fails', async () => {
    const started = await Promise.all([1, 2].map(() => startSignup(uniqueRequest('choreography'))));
    const ids = started.map(({ id }) => id);
    const nowhere = ids[0]!.replace(/.{12}$/, '000000000000');
    const { code, out, err } = await signup('fast-forward', ids[0]!, nowhere, ids[1]!, '1h', '--json');
    assert.equal(code, 1);
    assert.match(err, new RegExp(`^${nowhere}: `));
    assert.deepEqual(
      (JSON.parse(out) as Signup[]).map(({ id }) => id),
      ids,
    );
  }).timeout(60_000);

  it('lays two histories side by side, and prints one for scripts', async () => {
    const [left, right] = styles;
    const signups = await Promise.all([left, right].map((style) => startSignup(uniqueRequest(style))));
    const ids = signups.map(({ id }) => id);
    for (const id of ids) await signupThat('is notified', id, ({ notified }) => notified.email !== null);
    await until('both histories with the same steps', async () => {
      const { out, err, code } = await signup('history', ...ids);
      assert.equal(code, 0, err);
      assert.match(out, new RegExp(`${left} .*│ ${right} `));
      for (const step of ['openAccount', 'sendEmail welcome', 'sendSms welcome', 'recordNotified']) {
        assert.match(out, new RegExp(`^${step} +│ \\+.* ✔ done(, \\d+ attempts)? +│ \\+.* ✔ done`, 'm'));
      }
      return true;
    });
    const { out: ofThree } = await signupActedOn('history', ...ids, ids[0]!);
    assert.equal(ofThree.match(/read from/g)?.length, 3, 'more than two are shown one below the other');
    const { out } = await signupActedOn('history', ids[0]!, '--json');
    assert.equal((JSON.parse(out) as HistoryEntry[])[0]?.step, 'openAccount');
  }).timeout(120_000);

  it('asks for what is parked to be tried again', async () => {
    const { id } = await startSignup(uniqueRequest('orchestration'));
    const { code, out, err } = await signupActedOn('resume', id, '--json');
    assert.equal(code, 0, err);
    assert.equal((JSON.parse(out) as Signup).id, id);
    const told = await signupActedOn('resume', id, id);
    assert.equal(told.out, `Nothing of signup ${id} is parked.\n`.repeat(2));
  }).timeout(60_000);

  it('lists signups, page by page or all of them, and ends quietly when its reader goes away', async () => {
    const { id } = await startSignup(uniqueRequest('choreography'));
    await startSignup(uniqueRequest('choreography'));
    await until('the signup in the list', async () => {
      const { out, code, err } = await signup(
        'list',
        '--style',
        'choreography',
        '--limit',
        '1',
        '--all',
        '--json',
      );
      assert.equal(code, 0, err);
      return (JSON.parse(out) as { id: string }[]).some((each) => each.id === id);
    });
    const { out } = await signup('list', '--limit', '1');
    assert.match(out, /^signup +whose +style /);
    assert.match(out, new RegExp(`@\\S+ +(${styles.join('|')}) `));
    assert.match(out, /There are more: --all/);

    const { child, ended } = start('signup', ['list', '--all', '--url', theStack().urls.api]);
    child.stdout!.destroy();
    const { code, err } = await ended;
    assert.deepEqual({ code, err }, { code: 0, err: '' });
  }).timeout(120_000);

  it('finds again what was started under one name', async () => {
    const group = `g-${randomUUID()}`;
    const words = [uniqueEmail(), '--style', 'choreography', '--group', group, '--json'];
    const { id } = JSON.parse((await signup('start', ...words)).out) as Signup;
    await until('it in the list', async () => {
      const { out } = await signup('list', '--group', group, '--json');
      const listed = JSON.parse(out) as { id: string; group: string }[];
      return listed.length === 1 && listed[0]!.id === id && listed[0]!.group === group;
    });
  }).timeout(60_000);

  it('watches one signup until Ctrl-C, over a restart of the API', async () => {
    const request = uniqueRequest('choreography');
    const { id } = await startSignup(request);
    const words = ['watch', id, '--after', '0', '--json', '--url', theStack().urls.api];
    const { child, printed, ended } = start('signup', words);
    const seen = () =>
      printed()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { id: number; step: string });
    await until('the notified signup in the feed', () =>
      seen().some(({ step }) => step === 'recordNotified'),
    );
    await theStack().kill('api');
    await theStack().untilReady('api');
    await signup('verify', id);
    await until('the activation in the feed', () =>
      seen().some(({ step }) => step === 'sendEmail activated'),
    );
    child.kill('SIGINT');
    assert.equal((await ended).code, 0);
    const positions = seen().map((event) => event.id);
    assert.deepEqual(
      positions,
      [...new Set(positions)].toSorted((one, other) => one - other),
      'none twice',
    );
  }).timeout(120_000);
});
