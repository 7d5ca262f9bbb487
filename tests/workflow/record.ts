/**
 * Records the histories that `replay.test.ts` replays: plays a signup to each of its ends on a running stack (`npm start`) and
 * keeps what Temporal has written down. Run it for every released shape of the workflow, and never change a file again:
 *
 *   node --import tsx tests/workflow/record.ts [SHAPE] && npm run format     # SHAPE: the package's version when missing
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { SignupRequest } from '../../domain/signup.ts';
import { signupIdOf } from '../../domain/tokens.ts';
import { openClient } from '../../orchestration/connection.ts';
import { workflowId } from '../../orchestration/edge.ts';
import { homeFolder, repository } from '../../platform/folders.ts';
import { postSignup, send, type Letter } from '../client.ts';
import { eventually } from '../stack.ts';

const folder = fileURLToPath(new URL('histories', import.meta.url));
const shape = process.argv[2] ?? (await json<{ version: string }>(join(repository, 'package.json'))).version;

const stackFile = join(homeFolder(process.env), 'stack.json');
const { processes } = await json<{ processes: Record<'api' | 'temporal', { port: number }> }>(stackFile);
const url = `http://127.0.0.1:${processes.api.port}`;
const { client, connection } = openClient({
  address: `127.0.0.1:${processes.temporal.port}`,
  ...{ namespace: 'default', apiKey: undefined, tls: undefined },
});

const person = (host: string): SignupRequest => ({
  ...{ email: `${randomUUID()}@${host}`, phone: '+15550001111', name: 'Ada Lovelace' },
  style: 'orchestration',
});

await mkdir(folder, { recursive: true });
const reached = person('example.com');
await record('activated', reached, async () => {
  const to = new URLSearchParams({ to: reached.email });
  const link = await eventually('the verification link', async () => {
    const { body } = await send<Letter[]>('GET', `/mailbox?${String(to)}`, { url });
    return body.find(({ purpose }) => purpose === 'welcome')?.links[0];
  });
  await send('POST', new URL(link).pathname, { url });
});
await record('undeliverable', person('undeliverable.example'));
await record('refused', { ...person('example.com'), email: reached.email });
await connection.close();

/** Plays one signup and writes down its history. */
async function record(
  outcome: string,
  request: SignupRequest,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  const key = randomUUID();
  await postSignup(request, { key, url });
  await meanwhile();
  const handle = client.workflow.getHandle(workflowId(signupIdOf('orchestration', key)));
  const history = await eventually(`the signup to end as ${outcome}`, async () => {
    const { status } = await handle.describe();
    return status.name === 'COMPLETED' && handle.fetchHistory();
  });
  // Who played it, on which machine, is nobody's business, and replay does not look at it.
  let text = historyToJSON(history);
  for (const [, identity] of text.matchAll(/"identity": *"([^"]+)"/g)) {
    text = text.replaceAll(identity!, 'recorded');
  }
  const file = join(folder, `signup-${shape}-${outcome}.json`);
  // `wx`: what was released is never recorded over.
  await writeFile(file, `${text}\n`, { flag: 'wx' });
  console.log(`${file}: ${history.events?.length} events`);
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
