/** Moving the clock of a signup, as its operator does. */
import { strict as assert } from 'node:assert';
import type { Signup } from '../../domain/signup.ts';
import { send, signupThat, type Problem, type Reply } from '../client.ts';

/** `POST /signups/<id>/fast-forward`. */
export function forwarded(id: string, by: string): Promise<Reply<Signup & Problem>> {
  return send('POST', `/signups/${id}/fast-forward`, { body: { by } });
}

/** Moves the clock of a signup, which must succeed. */
export async function fastForward(id: string, by: string): Promise<Signup> {
  const { status, body } = await forwarded(id, by);
  assert.equal(status, 200, `fast-forward by ${by} answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Waits until a signup tells of so many reminders. Where Temporal takes its time, its workflow is shown without any for a moment. */
export function untilReminded(id: string, times: number): Promise<Signup> {
  return signupThat(`tells of ${times} reminders`, id, ({ reminders }) => reminders === times);
}
