import { strict as assert } from 'node:assert';
import pino from 'pino';
import { fewOfEach } from '../../adapters/few-of-each.ts';
import { until } from '../../adapters/waiting.ts';

describe('What goes wrong again and again', () => {
  let lines: string[];
  let log: pino.Logger;

  beforeEach(() => {
    lines = [];
    log = pino(
      { base: null, timestamp: false, hooks: { logMethod: fewOfEach({ atMost: 2, withinMs: 50 }) } },
      { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) },
    );
  });

  it('is told a few times, then how often it was, and then again', async () => {
    for (let request = 0; request < 5; request += 1) log.warn({ request }, 'answered 503');
    log.warn('lost the broker');
    assert.deepEqual(lines, ['answered 503', 'answered 503', 'lost the broker']);
    await until('the sum', () => lines[3] === 'answered 503: 3 more within 0.05 s');
    log.warn('answered 503');
    assert.equal(lines[4], 'answered 503');
  });

  it('is told each time where it is an error, or no trouble at all', () => {
    for (let time = 0; time < 5; time += 1) {
      log.error('request failed');
      log.info('ready');
    }
    assert.equal(lines.length, 10);
  });
});
