/** The SMTP side: takes every mail without reading it, unless a scenario wants otherwise. */
import { domainToASCII } from 'node:url';
import { SMTPServer } from 'smtp-server';
import { hung, type Granted, type Scenarios } from './scenarios.ts';
import type { Store } from './store.ts';

/** Not listening yet. */
export function createSmtp(store: Store, scenarios: Scenarios): SMTPServer {
  /** Runs a stage; `done` gets the error that becomes the answer. */
  async function stage(
    scenario: Granted | undefined,
    done: (error?: Error) => void,
    accept: (isGranted: boolean) => Promise<void>,
  ): Promise<void> {
    try {
      const isGranted = await hung(scenario);
      if (isGranted && typeof scenario?.reply === 'string') done(answer(scenario.reply));
      else await accept(isGranted);
    } catch (error) {
      // The disk is full, say: a fault of ours, so the sender tries again.
      done(answer(`451 4.3.0 ${error instanceof Error ? error.message : 'Not kept'}`));
    }
  }

  const server: SMTPServer = new SMTPServer({
    name: 'mailbox.duet.example',
    authOptional: true,
    allowInsecureAuth: true,
    // Without a certificate of its own there is nothing to gain from encryption on loopback.
    disabledCommands: ['STARTTLS'],
    hideENHANCEDSTATUSCODES: true,
    disableReverseLookup: true,
    maxClients: 1_000,
    size: 5_000_000,
    closeTimeout: 500,
    logger: false,
    onAuth(auth, _session, callback) {
      void stage(
        scenarios.take('email', 'auth', '*'),
        (error) => callback(error),
        async () => callback(null, { user: auth.username ?? 'anyone' }),
      );
    },
    onRcptTo({ address }, _session, callback) {
      void stage(scenarios.take('email', 'rcpt', asSent(address)), callback, async () => callback());
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const recipients = session.envelope.rcptTo.map(({ address }) => asSent(address));
        if (stream.sizeExceeded) return callback(answer('552 5.3.4 Message too big'));
        const scenario = recipients
          .map((to) => scenarios.take('email', 'data', to))
          .find((one) => one !== undefined);
        void stage(scenario, callback, async (isGranted) => {
          const source = Buffer.concat(chunks).toString('utf8');
          await store.add(recipients.map((to) => ({ channel: 'email', to, source })));
          if (isGranted && scenario?.dropAfterAccept === true) cut(session.id);
          else callback(null, '2.0.0 Kept');
        });
      });
    },
  });
  // A client that goes away in the middle is its own business.
  server.on('error', () => {});

  function cut(id: string): void {
    for (const connection of server.connections) if (connection.id === id) connection._socket.destroy();
  }
  return server;
}

/** An address as it was sent: the library shows a domain in another script (`xn--…`) in that script. */
function asSent(address: string): string {
  const [local, domain = ''] = address.split(/@(?=[^@]*$)/);
  return /^[\x21-\x7e]*$/.test(domain) ? address : `${local}@${domainToASCII(domain)}`;
}

function answer(reply: string): Error {
  return Object.assign(new Error(reply.slice(4)), { responseCode: Number(reply.slice(0, 3)) });
}
