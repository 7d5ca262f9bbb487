/** A process as the operating system has it: in a group of its own, its output in a log, and how it ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { LogFile } from './logs.ts';
import { privately } from './private-files.ts';
import type { ProcessSpec, Surveillance } from './process-spec.ts';

/** Starts a process. Each line of one that is `shown` is logged by us, and shown; another writes into its log by itself. */
export function spawnGroup(spec: ProcessSpec, logPath: string, show: Surveillance['show']): ChildProcess {
  if (spec.output === 'file') {
    const file = openSync(logPath, 'a', 0o600);
    try {
      return spawned(spec, file);
    } finally {
      closeSync(file);
    }
  }
  const child = spawned(spec, 'pipe');
  const log = new LogFile(logPath);
  for (const stream of [child.stdout!, child.stderr!]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(line);
      show(spec.name, line);
    });
  }
  return child;
}

function spawned(spec: ProcessSpec, output: number | 'pipe'): ChildProcess {
  return privately(() =>
    spawn(spec.command, spec.arguments, {
      cwd: spec.folder,
      env: spec.environment,
      ...spec.user,
      detached: true,
      stdio: ['ignore', output, output],
    }),
  );
}

/** Resolves with the reason in words, once it has ended. */
export function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, name) => resolve(name === null ? `exit code ${code}` : name));
  });
}
