import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack, type ProcessName } from '../../tools/platform/stack.ts';
import { canEnter, removeOutsideData, unprivileged } from '../../tools/platform/unprivileged.ts';
import { until } from '../../adapters/waiting.ts';
import { processesNaming, survivorsOf, temporaryFolder, untilGone, withDescendants } from './stage.ts';

const script = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { PATH, HOME, XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env;
const surroundings = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  PATH,
  HOME,
  XDG_CACHE_HOME,
  NODE_COMPILE_CACHE,
  ...extra,
});
/** What a user's shell may hold, too: nothing of it may reach what is started here. */
const unkindShell = {
  http_proxy: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  grpc_proxy: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
  PGSSLMODE: 'require',
  PGOPTIONS: '-c default_transaction_read_only=on',
  HOST: 'localhost',
  // As `npm run env` has named the Temporal of an earlier start.
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  DUET_TEMPORAL_ADDRESS: '127.0.0.1:1',
};
const parts: ProcessName[] = ['mailbox', 'rabbitmq', 'kafka', 'temporal', 'postgres'];

/** A supervisor in a process of its own, and what it has printed so far. */
function supervisor(
  file: string,
  words: string[],
  environment = surroundings(),
): { child: ChildProcess; printed: () => string } {
  const child = spawn(process.execPath, [script(file), ...words], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return { child, printed: () => text };
}
async function untilPrinted({ child, printed }: ReturnType<typeof supervisor>, what: RegExp): Promise<void> {
  await until(
    `${what} to be printed`,
    () => {
      // It may have printed that last, and ended.
      if (what.test(printed())) return true;
      throw new Error(`exit code ${child.exitCode}\n${printed()}`);
    },
    { withinMs: 60_000 },
  );
}

describe('The end of a stack', function () {
  this.timeout(90_000);

  it('comes without a trace when its supervisor is killed, and the next start takes the folder over', async () => {
    using folder = temporaryFolder();
    const home = join(folder.path, '100%20 state!');
    const killed = supervisor('../../tools/platform/start.ts', ['--home', home], surroundings(unkindShell));
    await untilPrinted(killed, /Duet is ready/);
    // The one part that is not waited for.
    await untilPrinted(killed, /^Kafka +runs/m);
    const all = withDescendants(killed.child.pid ?? 0).filter(({ pid }) => pid !== killed.child.pid);
    for (const program of [
      /beam/,
      /epmd/,
      /erl_child_setup/,
      /kafka\.Kafka/,
      /temporal/,
      /postgres/,
      /workers\/api/,
      /mailbox\/main/,
      /reaper/,
    ]) {
      assert.ok(
        all.some(({ command }) => program.test(command)),
        String(program),
      );
    }
    killed.child.kill('SIGKILL');
    await until(
      'everything the killed supervisor had started to end',
      () => {
        assert.deepEqual(survivorsOf(all), []);
        assert.deepEqual(processesNaming(home), []);
        return true;
      },
      { withinMs: 45_000 },
    );
    assert.ok(!existsSync(join(home, 'stack.json')));

    const again = supervisor('../../tools/platform/start.ts', ['--home', home]);
    await untilPrinted(again, /Duet is ready/);
    const next = withDescendants(again.child.pid ?? 0);
    const ended = once(again.child, 'exit');
    again.child.kill('SIGINT');
    await untilPrinted(again, /Stopping in order/);
    const [code] = (await ended) as [number];
    assert.equal(code, 0, again.printed());
    await untilGone(next, home);
  }).timeout(300_000);

  it('comes at once at the second Ctrl-C, even while the stack starts', async () => {
    using folder = temporaryFolder();
    const starting = supervisor('../../tools/platform/start.ts', ['--home', folder.path]);
    await until('a process to be started', () => {
      const { processes } = JSON.parse(readFileSync(join(folder.path, 'stack.json'), 'utf8'));
      const seen = `${Object.keys(processes).join(', ')}; exit code ${starting.child.exitCode}`;
      assert.ok(Object.keys(processes).length > 1, `${seen}\n${starting.printed()}`);
      return true;
    });
    const all = withDescendants(starting.child.pid ?? 0);
    const ended = once(starting.child, 'exit');
    starting.child.kill('SIGINT');
    await untilPrinted(starting, /Stopping in order/);
    // Later than the half second within which two signals count as one key.
    await until('half a second to pass', () => {
      starting.child.kill('SIGINT');
      return /Ending everything at once|Stopped/.test(starting.printed());
    });
    await ended;
    // A program that was only asked for its version ends by itself.
    await untilGone(all, folder.path);
  });

  it('is caught up on by the next start when the reaper was killed too', async () => {
    using folder = temporaryFolder();
    const lost = supervisor('supervised.ts', [folder.path, 'postgres', 'mailbox']);
    await untilPrinted(lost, /^up /m);
    const all = withDescendants(lost.child.pid ?? 0).filter(({ pid }) => pid !== lost.child.pid);
    process.kill(all.find(({ command }) => command.includes('reaper.mjs'))!.pid, 'SIGKILL');
    lost.child.kill('SIGKILL');
    await once(lost.child, 'exit');
    assert.notDeepEqual(survivorsOf(all), []);
    await using next = await startStack({
      home: folder.path,
      environment: surroundings(),
      processes: ['postgres', 'mailbox'],
    });
    assert.ok(next.pidOf('postgres'));
    assert.deepEqual(survivorsOf(all), []);
  });
});

describe('Stacks', function () {
  this.timeout(90_000);

  it('start two at the same moment without meeting', async () => {
    using one = temporaryFolder();
    using other = temporaryFolder();
    const stacks = await Promise.all(
      [one, other].map(({ path }) =>
        startStack({ home: path, environment: surroundings(), processes: parts }),
      ),
    );
    try {
      const ports = stacks.flatMap((stack) => parts.map((name) => stack.portOf(name)));
      assert.equal(new Set(ports).size, 2 * parts.length);
      const [first, second] = stacks.map(({ addresses }) => addresses);
      assert.notEqual(first?.amqpAdmin, second?.amqpAdmin);
    } finally {
      await Promise.all(stacks.map((stack) => stack.stop()));
    }
  });

  it('fail with one error when a part cannot be had, and leave nothing behind', async () => {
    using folder = temporaryFolder();
    using empty = temporaryFolder();
    const environment = surroundings({
      PATH: empty.path,
      XDG_CACHE_HOME: empty.path,
      TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:1/',
    });
    for (const [name, title] of [
      ['rabbitmq', 'RabbitMQ'],
      ['temporal', 'Temporal'],
    ] as const) {
      const starting = startStack({ home: folder.path, environment, processes: ['mailbox', name] });
      await assert.rejects(starting, (error: Error) => {
        assert.match(error.message, new RegExp(`^${title} cannot be had on this machine\\.\nTried:\n  - `));
        assert.match(error.message, /The two quickest ways out:\n {2}1\. .*\n {2}2\. .*$/);
        return true;
      });
      assert.deepEqual(processesNaming(folder.path), []);
    }
  });

  it('are diagnosed by the doctor without starting anything', async () => {
    using folder = temporaryFolder();
    const fine = supervisor(
      '../../tools/platform/doctor.ts',
      [],
      surroundings({ DUET_HOME: join(folder.path, 'state') }),
    );
    const [code] = (await once(fine.child, 'close')) as [number];
    assert.equal(code, 0, fine.printed());
    for (const part of ['Postgres', 'RabbitMQ', 'Kafka', 'Temporal', 'Mail', 'SMS'])
      assert.match(fine.printed(), new RegExp(`^${part} `, 'm'));
    assert.ok(!existsSync(join(folder.path, 'state')));
    const unreachable = {
      PATH: folder.path,
      XDG_CACHE_HOME: folder.path,
      TEMPORAL_DOWNLOAD_URL: 'http://127.0.0.1:1/',
      MAVEN_URL: 'http://127.0.0.1:1/',
    };
    const ill = supervisor('../../tools/platform/doctor.ts', [], surroundings(unreachable));
    const [illCode] = (await once(ill.child, 'close')) as [number];
    assert.equal(illCode, 1);
    assert.match(ill.printed(), /RabbitMQ cannot be had[^]*^Kafka +not here [^]*Temporal cannot be had/m);
  });

  it('are told by the doctor that they would refuse a state of 0.3', async () => {
    for (const [file, content] of [
      ['version', '0.3.1\n'],
      ['secrets.json', '{}'],
    ] as const) {
      using folder = temporaryFolder();
      writeFileSync(join(folder.path, file), content);
      const doctor = supervisor(
        '../../tools/platform/doctor.ts',
        [],
        surroundings({ DUET_HOME: folder.path }),
      );
      const [code] = (await once(doctor.child, 'close')) as [number];
      assert.equal(code, 1);
      assert.match(doctor.printed(), /^ {2}The state in .* was written by Duet 0\.3\.[^]*^Postgres /m);
      assert.deepEqual(readdirSync(folder.path), [file]);
    }
  });

  it('say where an attached part does not answer', async () => {
    using folder = temporaryFolder();
    const attempts: [ProcessName, NodeJS.ProcessEnv, RegExp][] = [
      [
        'postgres',
        { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/duet' },
        /Postgres at 127\.0\.0\.1:1\/duet does not answer/,
      ],
      ['rabbitmq', { AMQP_URL: 'amqp://u:p@127.0.0.1:1' }, /RabbitMQ at 127\.0\.0\.1:1 does not answer/],
      ['temporal', { TEMPORAL_ADDRESS: '127.0.0.1:1' }, /Temporal at 127\.0\.0\.1:1 does not answer/],
    ];
    for (const [name, extra, complaint] of attempts) {
      const starting = startStack({ home: folder.path, environment: surroundings(extra), processes: [name] });
      await assert.rejects(starting, complaint);
    }
  });

  it('run Postgres below a folder its user may not enter', async () => {
    using folder = temporaryFolder();
    const closed = join(folder.path, 'private');
    mkdirSync(closed, { mode: 0o700 });
    const home = join(closed, 'state');
    const lines: string[] = [];
    const log = (line: string) => void lines.push(line);
    const rooted = !canEnter(closed, unprivileged());
    try {
      await using stack = await startStack({
        home,
        log,
        environment: surroundings(),
        processes: ['postgres'],
      });
      assert.ok(stack.pidOf('postgres'));
      // As an ordinary user Postgres runs as that user, who may enter its own folders.
      assert.equal(/its data is in \/var\/lib\/duet/.test(lines.join('\n')), rooted, lines.join('\n'));
    } finally {
      removeOutsideData(home);
    }
  });

  it('name the folder that cannot be written', async () => {
    const starting = startStack({
      home: '/dev/null/state',
      environment: surroundings(),
      processes: ['mailbox'],
    });
    await assert.rejects(
      starting,
      /The state folder `\/dev\/null\/state` cannot be used: a part of its path is a file/,
    );
  });

  it('reject an option they do not know', async () => {
    const wrong = supervisor('../../tools/platform/start.ts', ['--frehs']);
    const [code] = (await once(wrong.child, 'close')) as [number];
    assert.equal(code, 2);
    assert.match(wrong.printed(), /--frehs.*\n.*--help/);
  });
});
