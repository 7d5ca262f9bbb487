/** The HTTP application alone, over coordinators that know nothing: for what does not depend on what is behind it. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import pino from 'pino';
import { openSupervisor } from '../../adapters/supervisor.ts';
import type { Coordinator } from '../../domain/coordinator.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { createApp } from '../../http/app.ts';
import { openFeed } from '../../http/feed.ts';
import type { AppParts } from '../../http/parts.ts';

/** A coordinator that knows nothing. */
export const bareCoordinator: Coordinator = {
  start: async () => ({ otherRequest: true }),
  click: async () => 'unknown',
  find: async () => undefined,
  resume: async () => {},
  fastForward: async () => 'moved',
  missing: async () => undefined,
};

/** What the app is made of here, before a test changes it. */
export const bareParts: AppParts = {
  coordinators: forEachStyle(() => bareCoordinator),
  histories: forEachStyle(() => async () => undefined),
  balance: async () => undefined,
  list: async () => [],
  feed: openFeed({ after: async () => [], end: async () => 0 }),
  shed: () => {},
  metrics: async () => ({ contentType: 'text/plain', text: '' }),
  latest: async () => [],
  report: async () => ({ styles: [], processes: null, faults: null, at: new Date().toISOString() }),
  countedDays: async () => undefined,
  supervisor: openSupervisor(undefined),
  verificationKey: '0'.repeat(64),
  publicUrl: 'https://duet.example',
  operatorToken: undefined,
  mailboxUrl: undefined,
  crowdUrl: undefined,
  links: {},
  log: pino({ level: 'silent' }),
};

/** Serves an app on a free port of this machine for as long as `use` runs. */
export async function served<T>(app: Express, use: (url: string) => Promise<T>): Promise<T> {
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** As `served`, with an app of these changes to the bare one. */
export function withParts<T>(changes: Partial<AppParts>, use: (url: string) => Promise<T>): Promise<T> {
  return served(createApp({ ...bareParts, ...changes }), use);
}
