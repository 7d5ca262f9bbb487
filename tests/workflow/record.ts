/**
 * Records the histories that `replay.test.ts` replays: plays signups to their ends on a stack of its own, days included, and keeps what
 * Temporal has written down. A file that is there is never recorded over:
 *
 *   node tests/workflow/record.ts two-reminders && npm run format      # the code before the third reminder
 *   node tests/workflow/record.ts three-reminders && npm run format    # the present code
 */
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import proto from '@temporalio/proto';
import { openClient } from '../../coordinators/workflow/connection.ts';
import { workflowId } from '../../coordinators/workflow/execution.ts';
import { reminders } from '../../domain/process.ts';
import type { Signup, SignupRequest } from '../../domain/signup.ts';
import { signupIdOf } from '../../domain/tokens.ts';
import { startStack } from '../../tools/platform/stack.ts';
import { postSignup, send, type Letter } from '../client.ts';
import { patchedBundle, patchedTree } from '../patched.ts';
import { temporaryFolder } from '../platform/stage.ts';
import { until } from '../../adapters/waiting.ts';

const { FastForwardPollingResult } = proto.temporal.api.enums.v1;

const folder = fileURLToPath(new URL('histories', import.meta.url));
const shape = process.argv[2];
if (shape !== 'two-reminders' && shape !== 'three-reminders')
  throw new Error(`expected \`two-reminders\` or \`three-reminders\`, got \`${shape}\``);

using place = temporaryFolder();
await using stack = await startStack({
  home: join(place.path, 'state'),
  log: console.log,
  ...(shape === 'two-reminders' ? await beforeThird() : {}),
});
const url = stack.urls.api;
const namespace = stack.addresses.temporalNamespace;
const { client, connection } = openClient({
  address: stack.addresses.temporal,
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
await record('activated-reminded', reached, async ({ pass, letter, click }) => {
  await pass(afterFirst);
  await letter(first.purpose);
  await click();
});
await record('expired', person(), async ({ pass, letter }) => {
  for (let day = 0; day < 7; day++) await pass(afterFirst);
  await letter('expired');
});
await record('pending', person(), async ({ pass, letter }) => {
  await pass(afterFirst);
  await letter(first.purpose);
});
// What ends before the first reminder goes the same way in both shapes.
if (shape === 'three-reminders') {
  await record('activated', person(), async ({ click }) => click());
  await record('undeliverable', person('undeliverable.example'));
  await record('refused', { ...person(), email: reached.email });
}
await connection.close();

/** Plays one signup and writes down its history; `end` is what becomes of it, and then how. */
async function record(
  end: string,
  request: SignupRequest,
  meanwhile: (playing: Playing) => Promise<void> = async () => {},
): Promise<void> {
  const key = randomUUID();
  await postSignup(request, { key, url });
  const id = signupIdOf('orchestration', key, stack.addresses.verificationKey);
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

/** The processes of the code before the third reminder, and its workflow. */
async function beforeThird() {
  return {
    workers: join(patchedTree('two-reminders'), 'workers'),
    processEnvironment: { WORKFLOW_BUNDLE: await patchedBundle('two-reminders') },
  };
}
