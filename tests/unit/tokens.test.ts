import { strict as assert } from 'node:assert';
import { validate, version } from 'uuid';
import { signupIdOf, signupIdOfToken, verificationLink, verificationToken } from '../../domain/tokens.ts';

const key = '0123456789abcdef'.repeat(4);
const otherKey = 'f'.repeat(64);
const id = signupIdOf('choreography', 'tokens-test');

describe('The id of a signup', () => {
  it('is the same for the same style and key, now and in every later release', () => {
    // Written down: were the derivation to change, repeated requests would become second signups.
    assert.equal(signupIdOf('choreography', 'tokens-test'), 'd45cd77d-b172-5292-a08b-8b98ad7067cb');
    assert.equal(id, signupIdOf('choreography', 'tokens-test'));
  });

  it('is another one for another style or another key', () => {
    const ids = [
      id,
      signupIdOf('orchestration', 'tokens-test'),
      signupIdOf('choreography', 'tokens-test2'),
      signupIdOf('choreography', 'TOKENS-TEST'),
    ];
    assert.equal(new Set(ids).size, ids.length);
  });

  it('is a name-based UUID', () => {
    assert.ok(validate(id));
    assert.equal(version(id), 5);
  });
});

describe('A verification token', () => {
  it('names its signup and is the same every time', () => {
    const token = verificationToken(id, key);
    assert.equal(token, verificationToken(id, key));
    assert.match(token, new RegExp(`^${id}\\.[A-Za-z0-9_-]{43}$`));
    assert.equal(signupIdOfToken(token, key), id);
  });

  it('is worth nothing under another key', () => {
    assert.equal(signupIdOfToken(verificationToken(id, otherKey), key), undefined);
  });

  it('is not valid for another signup', () => {
    const [, signature] = verificationToken(id, key).split('.');
    assert.equal(signupIdOfToken(`${signupIdOf('choreography', 'other')}.${signature}`, key), undefined);
  });

  it('is refused when one character is changed, added or missing, wherever it is', () => {
    const token = verificationToken(id, key);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      for (const changed of [other, '', `${token[at]}${other}`, `${token[at]}!`, `${token[at]}=`]) {
        const forged = token.slice(0, at) + changed + token.slice(at + 1);
        assert.equal(signupIdOfToken(forged, key), undefined, `\`${forged}\``);
      }
    }
  });

  it('is refused in another spelling of the same signature', () => {
    const token = verificationToken(id, key);
    // The last of 43 characters carries two bits that no byte needs: four spellings, one signature.
    const spelt = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .filter((last) => signupIdOfToken(token.slice(0, -1) + last, key) !== undefined);
    assert.deepEqual(spelt, [token.at(-1)]);
    assert.equal(signupIdOfToken(token.toUpperCase(), key), undefined);
  });

  for (const [what, token] of [
    ['nothing', ''],
    ['only a dot', '.'],
    ['no signature', id],
    ['an empty signature', `${id}.`],
    ['no id', `.${verificationToken(id, key).split('.')[1]}`],
    ['a third part', `${verificationToken(id, key)}.`],
    ['an id that is none, signed well', verificationToken('not-an-id', key)],
    ['letters beyond ASCII', `${id}.ключ–🔑`],
    ['a null byte', `${verificationToken(id, key)}\0`],
    ['a very long text', 'x'.repeat(100_000)],
  ] as const) {
    it(`is refused with ${what}`, () => {
      assert.equal(signupIdOfToken(token, key), undefined);
    });
  }
});

describe('A verification link', () => {
  it('starts with the public address', () => {
    const token = verificationToken(id, key);
    assert.equal(verificationLink(id, key, 'https://duet.example'), `https://duet.example/verify/${token}`);
    assert.equal(
      verificationLink(id, key, 'http://127.0.0.1:8080/'),
      `http://127.0.0.1:8080/verify/${token}`,
    );
  });
});
