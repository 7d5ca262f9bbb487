/** What is in no line of a log, whatever is logged. */
import { strict as assert } from 'node:assert';
import { createLog, redacted } from '../../adapters/log.ts';
import { Unavailable } from '../../domain/coordinator.ts';
import { forEachStyle } from '../../domain/styles.ts';
import { signupIdOf, verificationLink, verificationToken } from '../../domain/tokens.ts';
import { bareCoordinator, withParts } from '../http/bare-app.ts';

const key = '0'.repeat(64);
const id = signupIdOf('choreography', 'logged', key);
const token = verificationToken(id, key);
const secret = token.split('.')[1]!;
const link = verificationLink(id, key, 'https://duet.example');

/** What is logged meanwhile, as lines. */
async function logged(work: (log: ReturnType<typeof createLog>) => unknown): Promise<string[]> {
  const lines: string[] = [];
  await work(createLog('a process', 'trace', { write: (line: string) => void lines.push(line) }));
  return lines;
}

describe('A log of ours', () => {
  for (const [what, value] of [
    ['a path', { path: `/verify/${token}` }],
    ['a path in other letters', { path: `/VERIFY/${token.toUpperCase()}` }],
    ['a token alone', { token }],
    ['a link', { text: `Click ${link}, please` }],
    ['a link that is encoded', { query: `next=${encodeURIComponent(link)}` }],
    ['JSON in JSON', { body: JSON.stringify({ data: { verificationLink: link } }) }],
    ['an error', { err: new Error(`POST ${link} failed`) }],
    ['a cause', { err: new Error('failed', { cause: new Error(`no such ${token}`) }) }],
    ['a field of an error', { err: Object.assign(new Error('failed'), { url: link }) }],
  ] as [string, object][]) {
    it(`has no verification token, of ${what}`, async () => {
      const [line = ''] = await logged((log) => log.error(value, `said with ${link}`));
      assert.ok(!line.toLowerCase().includes(secret.toLowerCase()), line);
      JSON.parse(line);
    });
  }

  it('has neither a password in a URL nor a bearer token, and all else', () => {
    assert.equal(redacted('amqp://duet:s3cret@host:5672/'), 'amqp://duet:…@host:5672/');
    assert.equal(redacted('authorization: bearer abc.DEF=='), 'authorization: bearer …');
    for (const text of [
      id,
      `signup-${id}`,
      'http://host:80/path',
      'SELECT 1',
      '2026-01-01T00:00:00.000Z ada@example.com',
    ])
      assert.equal(redacted(text), text);
  });

  it('tells of a click that could not be kept without its token', async () => {
    const click = async () => {
      throw new Unavailable('temporal', new Error(`POST /verify/${token}`));
    };
    const lines = await logged((log) => {
      const parts = { coordinators: forEachStyle(() => ({ ...bareCoordinator, click })), log };
      return withParts({ ...parts, verificationKey: key }, async (url) => {
        assert.equal((await fetch(`${url}/verify/${token}`, { method: 'POST' })).status, 503);
      });
    });
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /\/verify\/…/);
    assert.ok(!lines.join('').includes(secret));
  });
});
