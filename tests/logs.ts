/** The styles whose events travel over a log, and what tests do to it behind the back of its services. */
import { styles, type Style } from '../domain/signup.ts';
import { traits, type Carrier } from '../domain/styles.ts';
import { withStreams, type OpenedLog } from '../tools/operator/logs.ts';
import { positionsIn, rewind } from '../tools/operator/positions.ts';
import { until } from '../adapters/waiting.ts';
import { theStack } from './stack.ts';

const open: Partial<Record<Carrier, <T>(use: (log: OpenedLog) => Promise<T>) => Promise<T>>> = {
  'rabbitmq-stream': (use) => withStreams(theStack().addresses.amqpAdmin, use),
};

/** A style over a log; `log` is its name in the tables of a service. */
export type LogStyle = {
  style: Style;
  log: string;
  on: <T>(use: (log: OpenedLog) => Promise<T>) => Promise<T>;
};

/** All of them. */
export const logStyles: readonly LogStyle[] = styles.flatMap((style) => {
  const { carrier } = traits[style];
  const on = carrier && open[carrier];
  return on ? [{ style, log: carrier, on }] : [];
});

const readers = ['accounts', 'notifications'] as const;

/** Waits until every service has read what is in the log by now. */
export async function untilRead({ log, on }: LogStyle): Promise<void> {
  const ends = (await on((each) => each.extents())).map(({ end }) => end);
  await until(`${log} to be read`, async () => {
    const positions = (await positionsIn(theStack().addresses.databaseAdmin)).filter(
      (each) => each.log === log,
    );
    const behind = positions.filter(({ partition, next }) => next < ends[partition]!);
    if (behind.length > 0) throw new Error(JSON.stringify(behind));
    return positions.length === readers.length * ends.length;
  });
}

/** Has every service read the log from its beginning, and waits until it has. */
export async function readAgain(logStyle: LogStyle): Promise<void> {
  for (const service of readers) {
    const to = () => 0;
    await rewind(theStack().addresses.databaseAdmin, { service, log: logStyle.log, to }, { isDry: false });
  }
  await untilRead(logStyle);
}
