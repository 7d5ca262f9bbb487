import { strict as assert } from 'node:assert';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepLogsBounded, LogFile } from '../../tools/platform/logs.ts';
import { until } from '../../adapters/waiting.ts';

describe('A log file', () => {
  let folder: string;
  let path: string;
  let end: () => void;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'duet-logs-'));
    path = join(folder, 'api.log');
    end = keepLogsBounded(folder, { atMost: 1000, everyMs: 5 });
  });
  afterEach(() => {
    end();
    rmSync(folder, { recursive: true });
  });

  it('goes on from the beginning when it has grown too long, while its process runs', async () => {
    const log = new LogFile(path);
    for (let line = 1; line <= 200; line += 1) log.write(`line ${line}`);
    await until('what it held to be set aside', () => contentOf(`${path}.1`).startsWith('line 1\n'));
    log.write('the next line');
    await until('it to go on', () => contentOf(path) === 'the next line\n');
    assert.match(contentOf(`${path}.1`), /\nline 200\n$/);
  });

  it('does so for a program that has it open itself', async () => {
    const file = openSync(path, 'a');
    writeSync(file, 'x'.repeat(2000));
    await until('what it held to be set aside', () => contentOf(`${path}.1`).length === 2000);
    await until('it to be empty', () => contentOf(path) === '');
    writeSync(file, 'the next line');
    assert.equal(contentOf(path), 'the next line');
    closeSync(file);
  });
});

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
