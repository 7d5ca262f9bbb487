/** What a process of the accounts service calls with: the steps of both services, and the visits to signups that no caller waits for. */
import type { AccountSteps } from '../../activities/accounts.ts';
import type { Config } from '../../adapters/config.ts';
import type { Database } from '../../adapters/postgres.ts';
import { calledSteps, openDoor, type NotificationsDoor } from '../../coordinators/calls/called-steps.ts';
import { visiting, type MakeVisit } from '../../coordinators/calls/poller.ts';
import type { Style } from '../../domain/signup.ts';
import { startObserver } from '../../messaging/observations.ts';
import type { CalledSteps } from '../../synchronous/steps.ts';

/** The variables of a process that calls. */
export const callingNeeds = ['NOTIFICATIONS_URL', 'SERVICE_TOKEN'] as const;

export type Calls = {
  door: NotificationsDoor;
  stepsOf: (style: Style) => CalledSteps;
  visit: MakeVisit;
  stop(): Promise<void>;
};

/** Opens what it takes to call steps. What is observed of them is written for the tracker. */
export function openCalls(options: {
  config: Config<(typeof callingNeeds)[number]>;
  database: Database;
  steps: AccountSteps;
  onRetry: (style: Style, step: string) => void;
}): Calls {
  const { config, database, steps, onRetry } = options;
  const { observe, stop } = startObserver(database);
  const door = openDoor(config.NOTIFICATIONS_URL, config.SERVICE_TOKEN);
  const stepsOf = (style: Style) => calledSteps({ style, database, steps, door, observe, onRetry });
  return {
    door,
    stepsOf,
    visit: visiting(database, steps, stepsOf),
    async stop() {
      await Promise.all([stop(), door.close()]);
    },
  };
}
