/** `docs/misbehaving-providers.md`: its commands are typed, and the built-in providers do what it says. */
import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { runningAddresses } from '../../tools/platform/running.ts';
import { theStack } from '../stack.ts';

const page = await readFile(new URL('../../docs/misbehaving-providers.md', import.meta.url), 'utf8');
const commands = [...page.matchAll(/^curl .*$/gm)].map(([command]) => command);

describe('The page about misbehaving providers', () => {
  const type = (command: string): string =>
    execFileSync('bash', ['-c', command], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...runningAddresses(theStack().home) },
    });
  // The stack is shared: nobody else's mail may meet what is asked for here, so it is for an address of its own.
  const harmless = (command: string) =>
    command.replaceAll(/"to":"[^"]*"/g, '"to":"providers-page@example.com"');

  it('has only commands that the providers take', () => {
    const asking = commands.filter((command) => command.includes('"channel"'));
    assert.ok(asking.length >= 8, String(asking.length));
    for (const command of asking) {
      const taken = JSON.parse(type(harmless(command))) as { id?: string };
      assert.ok(taken.id !== undefined, `${command} is answered ${JSON.stringify(taken)}`);
    }
    const listed = JSON.parse(type(commands.find((command) => command.endsWith('/scenarios"'))!)) as {
      to: string;
    }[];
    assert.equal(listed.filter(({ to }) => to === 'providers-page@example.com').length, asking.length);
    const ending = commands.find((command) => command.includes('DELETE'));
    const { deleted } = JSON.parse(type(ending!.replace('nobody@', 'providers-page@'))) as {
      deleted: number;
    };
    assert.equal(deleted, asking.length);
  });
});
