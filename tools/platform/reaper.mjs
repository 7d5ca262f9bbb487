/**
 * Ends what a killed supervisor left behind. The supervisor holds a pipe to this process and names every process it starts;
 * when the pipe closes without a goodbye, the supervisor is gone. Built-ins only: it must be up before anything else is.
 *
 *   watch <pid> <signal>   a group leader and the signal that asks it to end
 *   forget <pid>           it has ended
 *   goodbye                everything is in order, nothing to do
 */
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const [stackFile, supervisor] = process.argv.slice(2);
const politeMs = 6_000;
const groups = new Map();

// Whoever presses Ctrl-C or closes the terminal must not take the one process that cleans up with them.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});

const send = (pid, name) => {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};
const exists = (group) => send(-group, 0);

for await (const line of createInterface({ input: process.stdin })) {
  const [word, pid, name] = line.split(' ');
  if (word === 'watch') groups.set(Number(pid), name);
  if (word === 'forget') groups.delete(Number(pid));
  if (word === 'goodbye') process.exit(0);
}

for (const [leader, name] of groups) send(leader, name);
const deadline = Date.now() + politeMs;
while ([...groups.keys()].some(exists) && Date.now() < deadline) await delay(50);
for (const group of groups.keys()) send(-group, 'SIGKILL');
try {
  if (String(JSON.parse(readFileSync(stackFile, 'utf8')).processes.supervisor.pid) === supervisor)
    rmSync(stackFile);
} catch {
  // Nobody's file, or none.
}
