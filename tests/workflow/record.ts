/**
 * Records the histories that `replay.test.ts` replays: plays a signup to each of its ends on a running stack, days included, and keeps
 * what Temporal has written down. Run it for every released shape of the workflow, and never change a file again:
 *
 *   export VERIFICATION_KEY=$(openssl rand -hex 32)             # for both: ids are derived with it
 *   npm start -- --fresh                                        # in another terminal
 *   node tests/workflow/record.ts [SHAPE] && npm run format     # SHAPE: the package's version when missing
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { requireConfig } from '../../adapters/config.ts';
import { reminders } from '../../domain/process.ts';
import type { Signup, SignupRequest } from '../../domain/signup.ts';
import { signupIdOf } from '../../domain/tokens.ts';
import { openClient } from '../../coordinators/workflow/connection.ts';
import { workflowId } from '../../coordinators/workflow/coordinator.ts';
import { homeFolder, repository } from '../../tools/platform/folders.ts';
import { postSignup, send, type Letter } from '../client.ts';
import { until } from '../../adapters/waiting.ts';

const { FastForwardPollingResult } = proto.temporal.api.enums.v1;

const folder = fileURLToPath(new URL('histories', import.meta.url));
const shape = process.argv[2] ?? (await json<{ version: string }>(join(repository, 'package.json'))).version;

const stackFile = join(homeFolder(process.env), 'stack.json');
const { processes } = await json<{ processes: Record<'api' | 'temporal', { port: number }> }>(stackFile);
const { VERIFICATION_KEY: verificationKey } = requireConfig(['VERIFICATION_KEY']);
const url = `http://127.0.0.1:${processes.api.port}`;
const namespace = 'default';
const { client, connection } = openClient({
  address: `127.0.0.1:${processes.temporal.port}`,
  namespace,
  apiKey: undefined,
  tls: false,
});

/** What can become of a signup that is played. */
type Playing = {
  /** Waits for the mail of a purpose. */
  letter(purpose: string): Promise<Letter>;
  click(): Promise<void>;
  /** Lets time pass for this signup alone. */
  pass(milliseconds: number): Promise<void>;
};

const person = (host = 'example.com'): SignupRequest => ({
  email: `${randomUUID()}@${host}`,
  phone: '+15550001111',
  name: 'Ada Lovelace',
  style: 'orchestration',
});
const [first] = reminders;
const afterFirst = first.afterMs + 60_000;

await mkdir(folder, { recursive: true });
const reached = person();
await record('activated', reached, async ({ click }) => click());
await record('activated-reminded', person(), async ({ pass, letter, click }) => {
  await pass(afterFirst);
  await letter(first.purpose);
  await click();
});
await record('expired', person(), async ({ pass, letter }) => {
  for (let day = 0; day < 7; day++) await pass(afterFirst);
  await letter('expired');
});
await record('undeliverable', person('undeliverable.example'));
await record('refused', { ...person(), email: reached.email });
await record('pending', person(), async ({ pass, letter }) => {
  await pass(afterFirst);
  await letter(first.purpose);
});
await connection.close();

/** Plays one signup and writes down its history; `end` is what becomes of it, and then how. */
async function record(
  end: string,
  request: SignupRequest,
  meanwhile: (playing: Playing) => Promise<void> = async () => {},
): Promise<void> {
  const key = randomUUID();
  await postSignup(request, { key, url });
  const id = signupIdOf('orchestration', key, verificationKey);
  const handle = client.workflow.getHandle(workflowId(id));
  await meanwhile(playing(id, request));
  const [status] = end.split('-');
  const history = await until(`the signup to be ${status}`, async () => {
    const { status: execution } = await handle.describe();
    const isThere = execution.name === (status === 'pending' ? 'RUNNING' : 'COMPLETED');
    return isThere && handle.fetchHistory();
  });
  // Who played it, on which machine, is nobody's business, and replay does not look at it.
  let text = historyToJSON(history);
  for (const [, identity] of text.matchAll(/"identity": *"([^"]+)"/g)) {
    text = text.replaceAll(identity!, 'recorded');
  }
  const file = join(folder, `signup-${shape}-${end}.json`);
  // `wx`: what was released is never recorded over.
  await writeFile(file, `${text}\n`, { flag: 'wx' });
  console.log(`${file}: ${history.events?.length} events`);
}

function playing(id: string, { email }: SignupRequest): Playing {
  const letter = (purpose: string) =>
    until(`the ${purpose} mail`, async () => {
      const to = new URLSearchParams({ to: email }).toString();
      const { body } = await send<Letter[]>('GET', `/mailbox?${to}`, { url });
      return body.find((each) => each.purpose === purpose);
    });
  return {
    letter,
    async click() {
      const { links } = await letter('welcome');
      await send('POST', new URL(links[0]!).pathname, { url });
    },
    async pass(milliseconds) {
      await until('the welcome to be recorded', async () => {
        const { body } = await send<Signup>('GET', `/signups/${id}`, { url });
        return body.notified.email !== null;
      });
      const workflowExecution = { workflowId: workflowId(id) };
      const fastForwardId = randomUUID();
      const duration = { seconds: Math.round(milliseconds / 1000) as never };
      await client.workflowService.updateWorkflowExecutionOptions({
        namespace,
        workflowExecution,
        workflowExecutionOptions: {
          timeSkippingConfig: { enabled: true, fastForwardConfig: { id: fastForwardId, duration } },
        },
        updateMask: { paths: ['time_skipping_config'] },
      });
      await until('the time to have passed', async () => {
        // It also ends where the signup does: `FAST_FORWARD_FAILED`, and nothing is wrong.
        const { fastForwardPollingResult: result } =
          await client.workflowService.pollWorkflowExecutionTimeSkipping({
            namespace,
            workflowExecution,
            fastForwardId,
          });
        return result !== FastForwardPollingResult.FAST_FORWARD_POLLING_RESULT_POLL_TIMEOUT;
      });
    },
  };
}

async function json<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
