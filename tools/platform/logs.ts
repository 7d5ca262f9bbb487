/** The log files of the processes: appended to, never a reason to fail, bounded, and quoted when a start fails. */
import {
  appendFile,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';

const keptBytes = 10_000_000;
const lookEveryMs = 10_000;

/**
 * Keeps the logs in a folder for whoever comes to see what happened, but not for ever: one that has grown too long goes on from the
 * beginning, and what it held is in `….log.1`. Returns what ends that.
 */
export function keepLogsBounded(
  folder: string,
  { atMost = keptBytes, everyMs = lookEveryMs } = {},
): () => void {
  look();
  const looking = setInterval(look, everyMs).unref();
  return () => clearInterval(looking);

  function look(): void {
    try {
      for (const name of readdirSync(folder)) {
        const file = join(folder, name);
        if (!name.endsWith('.log') || statSync(file).size <= atMost) continue;
        // Copied, not renamed: a process that writes its log itself has the file open, to append to it.
        copyFileSync(file, `${file}.1`);
        truncateSync(file);
      }
    } catch {
      // There may be no room for the copy. It is looked at again.
    }
  }
}

/** Appends lines in order; several of one turn of the event loop become one write. */
export class LogFile {
  readonly #path: string;
  #pending = '';
  #writing = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** A full disk costs lines of the log, never the process that wrote them. */
  write(line: string): void {
    this.#pending += `${line}\n`;
    if (this.#writing) return;
    this.#writing = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    const chunk = this.#pending;
    this.#pending = '';
    appendFile(this.#path, chunk, { mode: 0o600 }, () => {
      if (this.#pending !== '') this.#flush();
      else this.#writing = false;
    });
  }
}

/** The last lines of a log, indented to be quoted. */
export function lastLines(path: string, count: number): string {
  if (!existsSync(path)) return '  (empty)';
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count);
  return lines.map((line) => `  ${line}`).join('\n');
}
