/** The log files of the processes: appended to, never a reason to fail, and quoted when a start fails. */
import { appendFile } from 'node:fs';
import { existsSync, openSync, readSync, fstatSync, closeSync } from 'node:fs';

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
    appendFile(this.#path, chunk, () => {
      if (this.#pending !== '') this.#flush();
      else this.#writing = false;
    });
  }
}

/** The last lines of a file, indented to be quoted; reads only its end. */
export function lastLines(path: string, count: number): string {
  if (!existsSync(path)) return '  (empty)';
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const end = Buffer.alloc(Math.min(size, 16_384));
    readSync(file, end, 0, end.length, size - end.length);
    const lines = end.toString('utf8').trimEnd().split('\n').slice(-count);
    return lines.map((line) => `  ${line}`).join('\n');
  } finally {
    closeSync(file);
  }
}
