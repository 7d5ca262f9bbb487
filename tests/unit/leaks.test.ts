/** The watch for leaks sees what it is to see. */
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import Mocha from 'mocha';
import { watchForLeaks } from '../leaks.ts';

describe('The watch for what tests leave behind', () => {
  it('has nothing to say of a test that cleans up', async () => {
    assert.deepEqual(await failuresOf(async () => (await listening()).close()), []);
  });

  it('names a connection, a timer, and a child process', async () => {
    const server = await listening();
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    const left: (() => void)[] = [];
    const [failure] = await failuresOf(async () => {
      const leaked = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await once(leaked, 'connect');
      const timer = setInterval(() => {}, 60_000);
      const child = spawn('sleep', ['60']);
      left.push(
        () => leaked.destroy(),
        () => clearInterval(timer),
        () => child.kill(),
      );
    });
    for (const remove of left) remove();
    server.close();
    for (const what of [/TCPSocketWrap/, /Timeout/, /sleep 60/]) assert.match(failure ?? 'no failure', what);
  });
});

async function listening(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What fails in a run of its own whose only test does this, under the watch. */
async function failuresOf(test: () => Promise<unknown>): Promise<string[]> {
  const mocha = new Mocha({ reporter: function silent() {} as never });
  const suite = Mocha.Suite.create(mocha.suite, 'a file');
  suite.addTest(new Mocha.Test('a test', () => test().then(() => {})));
  watchForLeaks(suite, { withinMs: 500 });
  const failures: string[] = [];
  await new Promise<void>((done) => {
    mocha.run(() => done()).on('fail', (_, error: Error) => failures.push(error.message));
  });
  return failures;
}
