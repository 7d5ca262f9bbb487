/** What `npm start` and `npm run env` say about the running stack, and what they keep to themselves. */
import { strict as assert } from 'node:assert';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { styles } from '../../domain/signup.ts';
import { repository } from '../../tools/platform/folders.ts';
import { tryLock } from '../../tools/platform/lock.mjs';
import { runningKafka } from '../../tools/platform/running.ts';
import { exportLines, signupCommands, summary } from '../../tools/platform/shell.ts';
import { temporaryFolder } from '../platform/stage.ts';

const attached = {
  api: { pid: 1, port: 8081 },
  rabbitmq: { port: 5672 },
  kafka: { port: 9092 },
  temporal: { port: 7233 },
};
const ours = {
  api: { pid: 1, port: 8081 },
  mailbox: { pid: 2, port: 8026 },
  postgres: { pid: 3, port: 5433 },
  rabbitmq: { pid: 4, port: 5673, managementPort: 15673 },
  kafka: { pid: 6, port: 9094, controllerPort: 9095 },
  temporal: { pid: 5, port: 7234 },
};

/** A pid that no process has any more. */
const goneSince = (): number => spawnSync(process.execPath, ['--version']).pid;

describe('What is said about the running stack', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => void (folder = temporaryFolder()));
  afterEach(() => folder[Symbol.dispose]());

  const running = (processes: object): string => {
    const listed = { supervisor: { pid: process.pid }, ...processes };
    writeFileSync(join(folder.path, 'stack.json'), JSON.stringify({ processes: listed }));
    const secrets = { postgresPassword: 'pw-of-postgres', rabbitmqPassword: 'pw-of-rabbit' };
    writeFileSync(join(folder.path, 'secrets.json'), JSON.stringify(secrets));
    return folder.path;
  };

  it('is what a shell takes as variables, on whatever ports', () => {
    const script = `${exportLines(running(ours))!.join('\n')}\nenv | grep -E '^(DUET|TEMPORAL)_' | sort`;
    const said = execFileSync('/bin/sh', ['-c', script], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    assert.deepEqual(said.trim().split('\n'), [
      'DUET_DATABASE_URL=postgres://postgres:pw-of-postgres@127.0.0.1:5433/duet',
      'DUET_KAFKA_BROKERS=127.0.0.1:9094',
      'DUET_MAILBOX_URL=http://127.0.0.1:8026',
      'DUET_RABBITMQ_URL=http://duet:pw-of-rabbit@127.0.0.1:15673',
      'DUET_TEMPORAL_ADDRESS=127.0.0.1:7234',
      'DUET_URL=http://127.0.0.1:8081',
      'TEMPORAL_ADDRESS=127.0.0.1:7234',
    ]);
  });

  it('names a Kafka to command lines where it is the stack’s own, and none that it is attached to', () => {
    assert.deepEqual(runningKafka(running(ours)), { brokers: ['127.0.0.1:9094'] });
    assert.equal(runningKafka(running(attached)), undefined);
  });

  it('is no wish to attach to it: what is typed next finds the environment as it was', () => {
    const script = `${exportLines(running(ours), { PATH: '/' })!.join('\n')}
      ${process.execPath} tools/platform/bootstrap.mjs ${join(folder.path, 'script.ts')}`;
    writeFileSync(
      join(folder.path, 'script.ts'),
      `import { variables } from '${repository}adapters/config.ts';
       console.log(Object.keys(variables).filter((name) => process.env[name] !== undefined).join());`,
    );
    const found = (before: NodeJS.ProcessEnv) =>
      execFileSync('/bin/sh', ['-c', script], {
        cwd: repository,
        encoding: 'utf8',
        env: { PATH: process.env.PATH, DUET_HOME: folder.path, ...before },
      }).trim();
    assert.equal(found({}), 'DUET_HOME');
    assert.equal(found({ DATABASE_URL: 'postgres://elsewhere/duet' }), 'DUET_HOME,DATABASE_URL');
  });

  it("puts Temporal's command line on the PATH where Duet has fetched it, and no other is there", () => {
    const cache = join(folder.path, "a user's cache");
    const place = join(cache, 'duet', 'temporal-cli-1.9.1');
    const home = running(ours);
    const lines = (PATH: string) => exportLines(home, { PATH, XDG_CACHE_HOME: cache })!.join('\n');
    assert.doesNotMatch(lines('/nowhere'), /PATH/);
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'temporal'), '#!/bin/sh\necho found', { mode: 0o700 });
    const found = execFileSync('/bin/sh', ['-c', `${lines('/nowhere')}\ntemporal`], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    assert.equal(found.trim(), 'found');
    assert.doesNotMatch(lines(place), /PATH/);
  });

  it('has a command for each style', () => {
    assert.deepEqual(
      signupCommands().map((command) => /"style":"([a-z-]+)"/.exec(command)?.[1]),
      styles,
    );
  });

  for (const [what, processes, shown] of [
    ['made here', ours, true],
    ['of a broker that is attached to', attached, false],
  ] as const) {
    it(`${shown ? 'shows' : 'keeps back'} a password ${what}`, () => {
      const home = running(processes);
      const urls = { api: 'http://a', temporalUi: undefined, rabbitmqUi: 'http://ui/', mailbox: undefined };
      const addresses = { amqpAdmin: 'amqp://boss:secret@broker' } as Parameters<
        typeof summary
      >[0]['addresses'];
      const pidOf = (name: string) => (processes as Record<string, { pid?: number }>)[name]?.pid;
      const text = summary({ home, urls, addresses, pidOf }, 1000);
      assert.equal(text.includes('secret'), shown, text);
      assert.equal(text.includes('pw-of-'), shown, text);
      assert.match(text, /http:\/\/ui\//);
      assert.match(text, /export DUET_URL='http:\/\/127\.0\.0\.1:8081'/);
    });
  }

  for (const [what, prepare] of [
    ['none has run', () => {}],
    ['one was killed', () => running({ ...ours, supervisor: { pid: goneSince() } })],
  ] as const) {
    it(`is nothing where ${what}, and no command falls back on another stack`, async () => {
      prepare();
      assert.equal(exportLines(folder.path), undefined);
      for (const [words, sentence] of [
        [['platform/env.ts'], /^No stack runs over .*`npm start` starts one; DUET_HOME names [^;]*\.$/],
        [['cli/signup.ts', 'list'], /^No stack runs over .*`npm start` .* --url names an API elsewhere\.$/],
        [['cli/signup.ts', 'watch'], /^No stack runs over .* --url names/],
        [['cli/dead-letters.ts', 'list'], /^No stack with a broker of its own runs over .* AMQP_URL/],
      ] as const)
        await refuses(words, sentence);
    }).timeout(30_000);
  }

  it('is that one is being started, where its lock is held and it has no API yet', async () => {
    const lock = tryLock(join(folder.path, 'lock'));
    assert.ok('release' in lock);
    const being = new RegExp(`^A stack is being started over .* \\(process ${process.pid}\\)\\. .*repeat`);
    for (const prepare of [() => {}, () => running({ postgres: ours.postgres })]) {
      prepare();
      await refuses(['platform/env.ts'], being);
      await refuses(['cli/signup.ts', 'list'], being);
    }
    lock.release();
  }).timeout(30_000);

  it('is that its API may be starting again, where only that does not answer', async () => {
    running({ api: { port: 9 } });
    await refuses(['cli/signup.ts', 'list'], /does not answer .*\n.*runs.* starting again: repeat/);
    await refuses(
      ['cli/signup.ts', 'list', '--url', 'http://127.0.0.1:7'],
      /does not answer .*\n`npm start`/,
    );
  }).timeout(30_000);

  /** Runs a command over the folder, and expects that it fails and says so. */
  async function refuses([file, ...rest]: readonly string[], sentence: RegExp): Promise<void> {
    const asked = promisify(execFile)(process.execPath, [`tools/${file}`, ...rest], {
      cwd: repository,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, DUET_HOME: folder.path },
    });
    await assert.rejects(asked, ({ code, stderr }: { code: number; stderr: string }) => {
      assert.equal(code, 1);
      assert.match(stderr.trim(), sentence);
      return true;
    });
  }
});
