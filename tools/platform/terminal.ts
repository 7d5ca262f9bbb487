/**
 * What `npm start` prints. On a terminal: the supervisor's lines and our processes' logs made readable. Otherwise the logs
 * pass through as JSON on stdout, and the supervisor's lines go to stderr, so that the JSON stays clean.
 */
import { prettyFactory } from 'pino-pretty';

/** `say` prints a line of the supervisor, `show` a line a process has printed. */
export function terminal(): { say: (line: string) => void; show: (name: string, line: string) => void } {
  if (!process.stdout.isTTY)
    return { say: (line) => console.error(line), show: (_, line) => console.log(line) };
  const pretty = prettyFactory({
    colorize: true,
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss',
    singleLine: true,
  });
  return {
    say: (line) => console.log(line),
    show(name, line) {
      process.stdout.write(`${name.padEnd(9)}${line.startsWith('{') ? pretty(line).trimEnd() : line}\n`);
    },
  };
}
