/** What can be broken on a stage only: ways to parts are cut, a process dies at a line, and something is put where nobody can read it. */
import { until } from '../../adapters/waiting.ts';
import { faultDurationMs, type BreakablePart, type FaultName } from '../../domain/faults.ts';
import type { Breaker, Breakers, Stack } from '../platform/stack.ts';
import { armForAll, disarmForAll, isArmedForAll } from './armed.ts';
import type { PointName } from './points.ts';
import { poisonOf } from './poison.ts';
import type { Link } from './stack.ts';
import type { Proxy } from './proxy.ts';

/** What they break: a stack with proxies before its parts, whose processes look into `folder` for the lines to die at. */
export type Breakable = {
  stack: Stack;
  proxies: Record<Link, Proxy>;
  folder: string;
};

/** The ways to parts that can be cut. */
const ways = ['rabbitmq', 'kafka', 'temporal', 'postgres'] as const satisfies readonly (Link &
  BreakablePart)[];

/** Faults that are a line, and the process that dies there. */
const lines = {
  'crash-before-send': { point: 'notifications-before-send', process: 'notifications' },
  'crash-before-record': { point: 'notifications-before-record', process: 'notifications' },
  'crash-before-answer': { point: 'api-before-answer', process: 'api' },
} as const satisfies Partial<Record<FaultName, Line>>;

type Line = { point: PointName; process: 'api' | 'notifications' };

/** Each fault that only a stage has. */
export function stageBreakers({ stack, proxies, folder }: Breakable): Breakers {
  const breakers: Breakers = {};
  for (const way of ways) {
    const proxy = proxies[way];
    const heal = async () => proxy.heal();
    breakers[`reset-${way}`] = { break: async () => proxy.reset(), heal };
    breakers[`silence-${way}`] = { break: async () => proxy.swallow(), heal };
  }
  for (const [name, line] of Object.entries(lines)) breakers[name as keyof typeof lines] = dyingAt(line);
  const { pour, takeOut } = poisonOf(stack.addresses);
  breakers.poison = { break: pour, heal: takeOut };
  return breakers;

  /** Armed for the next signups that come there: once they have met it, it is over. */
  function dyingAt({ point, process }: Line): Breaker {
    return {
      break: async () => armForAll(folder, point),
      heal: async () => disarmForAll(folder, point),
      async untilWell(signal) {
        const pid = stack.pidOf(process);
        const patience = { withinMs: faultDurationMs.atMost * 2, everyMs: 100, signal };
        await until(`a signup to come to ${point}`, () => !isArmedForAll(folder, point), patience);
        await until(`${process} to die there`, () => stack.pidOf(process) !== pid, patience);
        await stack.untilReady(process);
      },
    };
  }
}
