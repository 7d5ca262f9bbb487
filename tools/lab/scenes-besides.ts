/** Scenes for the styles beside the duet: a partition that moves, callers who leave, and more callers than there are threads. */
import { setTimeout as delay } from 'node:timers/promises';
import { stylesIn, type Customer } from './customers.ts';
import { letCome, type Stage } from './stage.ts';

const paceMs = 100;
const awayMs = 10_000;
/** So long a caller waits who does not come back. */
const leavesAfterMs = 1000;
/** More than threads and places in their queue. */
const crowd = 200;

/** A second instance joins while signups are under way, is killed with records in hand, and a third joins. */
export async function partitionMoves(stage: Stage): Promise<number> {
  const coming = letCome(stage, awayMs / stage.customers.length);
  const second = await stage.lab.stack.add('notifications');
  stage.note('a second instance of notifications is there');
  await delay(awayMs / 2, undefined, { signal: stage.signal });
  await second.kill();
  const healedAt = Date.now();
  stage.note('the second instance was killed');
  const third = await stage.lab.stack.add('notifications');
  stage.note('a third instance is there');
  try {
    await coming.done;
  } finally {
    await third.stop();
  }
  return healedAt;
}

/** The mail server is silent, and whoever has no answer within a second leaves and does not come back. */
export async function callerLeaves(stage: Stage): Promise<number> {
  const { lab, customers, accepted, signal } = stage;
  lab.proxies.smtp.swallow();
  stage.note('the mail server is silent');
  const brokeAt = Date.now();
  try {
    for (const customer of customers) {
      const answer = await askOnce(lab.stack.urls.api, customer, leavesAfterMs);
      if (answer === 201 || answer === 202) accepted.add(customer.signupId);
    }
    await delay(Math.max(0, brokeAt + awayMs - Date.now()), undefined, { signal });
  } finally {
    lab.proxies.smtp.heal();
  }
  stage.note(`${accepted.size} were answered before they left`);
  return Date.now();
}

/** A crowd that does not come back asks at once while mail is slow; those who are judged come among them, and repeat. */
export async function threadsExhausted(stage: Stage): Promise<number> {
  const { lab, customers, signal } = stage;
  const { api, mailbox } = lab.stack.urls;
  await fetch(`${mailbox}/scenarios`, {
    method: 'POST',
    body: JSON.stringify({ channel: 'email', to: '*', stage: 'data', hangMs: 500 }),
  });
  const asking = stylesIn(customers).map(async (style) => {
    const answers = await Promise.all(
      Array.from({ length: crowd }, (_, index) => {
        const key = `crowd-${stage.beganAt}-${style}-${index}`;
        const request = { email: `${key}@example.com`, style };
        return askOnce(api, { key, request }, awayMs);
      }),
    );
    const turnedAway = answers.filter((status) => status === 503).length;
    stage.note(`of a crowd of ${crowd}, ${turnedAway} were turned away by ${style}`);
  });
  const coming = letCome(stage, paceMs);
  try {
    await Promise.all(asking);
    signal.throwIfAborted();
  } finally {
    await fetch(`${mailbox}/scenarios`, { method: 'DELETE' });
  }
  const healedAt = Date.now();
  await coming.done;
  return healedAt;
}

/** The status of the answer; undefined for a caller who left before it. */
async function askOnce(
  api: string,
  { key, request }: Pick<Customer, 'key' | 'request'>,
  withinMs: number,
): Promise<number | undefined> {
  try {
    const answer = await fetch(`${api}/signups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(withinMs),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}
