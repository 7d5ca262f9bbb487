/** What goes wrong again and again, told a few times and then counted: a log stays readable, and bounded, while a part is away. */
import type { Logger, LogFn } from 'pino';

type LogMethod = (this: Logger, given: Parameters<LogFn>, method: LogFn, level: number) => void;

const warning = 40;

/**
 * Makes a hook of pino that writes at most so many warnings of one text within that time, and at its end how many more there were.
 * Errors are all written.
 */
export function fewOfEach({ atMost = 10, withinMs = 60_000 } = {}): LogMethod {
  const counts = new Map<string, number>();

  return function (given, method, level) {
    // A line is its fields and a text, or a text alone.
    const text = given.find((each) => typeof each === 'string');
    if (level !== warning || text === undefined) return method.apply(this, given);
    const count = (counts.get(text) ?? 0) + 1;
    counts.set(text, count);
    if (count === 1) setTimeout(() => sumUp(this, method, text), withinMs).unref();
    if (count <= atMost) method.apply(this, given);
  };

  function sumUp(log: Logger, method: LogFn, text: string): void {
    const more = (counts.get(text) ?? 0) - atMost;
    counts.delete(text);
    if (more > 0) method.call(log, { more }, `${text}: ${more} more within ${withinMs / 1000} s`);
  }
}
