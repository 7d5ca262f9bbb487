/** How soon silence of a mail server is noticed, at each command, whether they go out one by one or several at once. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import nodemailer from 'nodemailer';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { noticingSilence } from '../../adapters/mail-socket.ts';

const letter = { from: 'duet@duet.example', to: 'ada@example.com', subject: 'Hello', text: 'Hello' };
const silentAfterMs = 200;
/** Where it is not to be given up: a busy machine may keep a reply for a while. */
const patienceMs = 1000;
const said = /the mail server said nothing for [\d.]+ s/;
const noReply = () => {};

describe('A mail server that falls silent', () => {
  for (const hideExtensions of [[], ['PIPELINING']]) {
    const manner =
      hideExtensions.length === 0 ? 'which takes several commands at once' : 'command by command';
    const base = {
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      hidePIPELINING: hideExtensions.length > 0,
    };

    for (const [command, options] of [
      ['MAIL FROM', { onMailFrom: noReply }],
      ['RCPT TO', { onRcptTo: noReply }],
    ] satisfies [string, SMTPServerOptions][]) {
      it(`is noticed at ${command}, ${manner}`, async () => {
        await withServer({ ...base, ...options }, async (send) => {
          await assert.rejects(send(), said);
        });
      });
    }

    it(`has all patience at the end of a mail, ${manner}`, async () => {
      let answer: (() => void) | undefined;
      const taken = new Promise<void>((resolve) => {
        answer = resolve;
      });
      const onData: SMTPServerOptions['onData'] = (stream, _session, callback) => {
        stream.resume().on('end', () => setTimeout(() => (callback(), answer?.()), 3 * patienceMs));
      };
      await withServer(
        { ...base, onData },
        async (send) => {
          await send();
          await taken;
        },
        patienceMs,
      );
    });

    it(`is sent the next mail over the connection that rested, ${manner}`, async () => {
      const sessions = new Set<string>();
      const onData: SMTPServerOptions['onData'] = (stream, session, callback) => {
        sessions.add(session.id);
        stream.resume().on('end', () => callback());
      };
      const onRcptTo: SMTPServerOptions['onRcptTo'] = ({ address }, _session, callback) =>
        callback(address.startsWith('no-one') ? new Error('550 5.1.1 No such user') : null);
      await withServer(
        { ...base, onData, onRcptTo },
        async (send) => {
          await send();
          await assert.rejects(send('no-one@example.com'));
          // As long as it takes to notice another server that is silent.
          await withServer(
            { ...base, onMailFrom: noReply },
            async (sendInVain) => {
              await assert.rejects(sendInVain(), said);
            },
            patienceMs,
          );
          await send();
        },
        patienceMs,
      );
      assert.equal(sessions.size, 1);
    });
  }
});

async function withServer(
  options: SMTPServerOptions,
  play: (send: (to?: string) => Promise<unknown>) => Promise<void>,
  noticedAfterMs = silentAfterMs,
): Promise<void> {
  const server = new SMTPServer(options);
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  const transport = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: 1,
    maxRequeues: 0,
    socketTimeout: 120_000,
    getSocket: noticingSilence(noticedAfterMs),
  });
  try {
    await play((to = letter.to) => transport.sendMail({ ...letter, to }));
  } finally {
    transport.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
