/** The plain chain's api: opens the account and tells of it, in one transaction. */
import { randomUUID } from 'node:crypto';
import express from 'express';
import { verifyBy } from '../../../domain/process.ts';
import { stylesPlayedBy } from '../../../domain/styles.ts';
import { signupIdOf, verificationLink } from '../../../domain/tokens.ts';
import { runProcess } from '../../../workers/shared/process.ts';
import { event, openChain, tell } from './chain.ts';

await runProcess(
  'floor-chain api',
  ['DATABASE_URL', 'AMQP_URL', 'VERIFICATION_KEY', 'PUBLIC_URL'],
  async ({ config }) => {
    const [style] = stylesPlayedBy('chain');
    const chain = await openChain(config.DATABASE_URL, config.AMQP_URL, []);
    const app = express();
    app.get(['/health/live', '/health/ready'], (_request, response) => void response.json({ status: 'up' }));
    app.post('/signups', express.json(), async (request, response) => {
      const { email, phone, name } = request.body as { email?: string; phone?: string; name?: string };
      if (!email?.includes('@')) return void response.status(400).json({ error: 'email' });
      const key = request.get('idempotency-key') ?? randomUUID();
      const signupId = signupIdOf(style, key, config.VERIFICATION_KEY);
      const openedAt = new Date().toISOString();
      // #region open
      const isOpen = await chain.inTransaction(async (client) => {
        const { rowCount: isNew } = await client.query({
          name: 'insert-request',
          text: 'insert into requests (signup_id, request, requested_at) values ($1, $2, $3) on conflict do nothing',
          values: [signupId, request.body, openedAt],
        });
        if (isNew === 0) return true;
        const { rowCount: opened } = await client.query({
          name: 'insert-account',
          text: `insert into accounts (signup_id, status, email, phone, name, opened_at, verify_by)
                 values ($1, 'pending', $2, $3, $4, $5, $6) on conflict do nothing`,
          values: [signupId, email, phone, name, openedAt, verifyBy(openedAt)],
        });
        if (opened === 0) return false;
        const link = verificationLink(signupId, config.VERIFICATION_KEY, config.PUBLIC_URL);
        await tell(client, event('account.opened', signupId, { email, phone, name, verificationLink: link }));
        return true;
      });
      chain.wakeRelay();
      // #endregion
      if (isOpen) response.status(202).json({ id: signupId, status: 'pending', email, phone });
      else response.status(409).json({ error: 'email-taken' });
    });
    const server = app.listen(config.PORT, '127.0.0.1');
    return {
      notReady: () => undefined,
      async stop() {
        server.close();
        await chain.stop();
      },
    };
  },
  { health: false },
);
