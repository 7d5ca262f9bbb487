/**
 * The least a workflow of the signup's shape can do: a local activity that the start waits for, two activities side by side
 * on another task queue, a local activity, then the wait for a signal. With the time limits of the real one.
 */
import {
  condition,
  defineSignal,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { FloorActivities } from '../activities.ts';

export const openedUpdate = defineUpdate<boolean>('opened');
export const verifySignal = defineSignal('verify');

const accounts = proxyLocalActivities<FloorActivities>({
  startToCloseTimeout: '10 seconds',
  localRetryThreshold: '2 seconds',
});
const notifications = proxyActivities<FloorActivities>({
  taskQueue: 'floor-notifications',
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '5 seconds',
});

export async function floor(id: string): Promise<void> {
  let isOpen = false;
  let clicked = false;
  setHandler(openedUpdate, async () => {
    await condition(() => isOpen);
    return true;
  });
  setHandler(verifySignal, () => void (clicked = true));

  await accounts.openAccount();
  isOpen = true;
  await Promise.all([notifications.sendEmail(), notifications.sendSms()]);
  await accounts.recordNotified(id);
  await condition(() => clicked);
}
