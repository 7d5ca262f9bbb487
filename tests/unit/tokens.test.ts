import { strict as assert } from 'node:assert';
import { validate, version } from 'uuid';
import { styles } from '../../domain/signup.ts';
import {
  readSignupId,
  signupIdOf,
  signupOfToken,
  verificationLink,
  verificationToken,
} from '../../domain/tokens.ts';

const key = '0123456789abcdef'.repeat(4);
const otherKey = 'f'.repeat(64);
const id = signupIdOf('choreography', 'tokens-test', key);

describe('The id of a signup', () => {
  it('is the same for the same style and key, now and in every later release', () => {
    // Written down: were the derivation to change, repeated requests would become second signups.
    assert.equal(id, '851a6e24-1964-8268-b71e-c6cdc7ac9ae0');
    assert.equal(signupIdOf('orchestration', 'tokens-test', key), '048762d7-2d80-8e07-b382-4f7e1c21e6bb');
  });

  it('is another one for another style, another key, or another installation', () => {
    const ids = [
      id,
      signupIdOf('orchestration', 'tokens-test', key),
      signupIdOf('choreography', 'tokens-test2', key),
      signupIdOf('choreography', 'TOKENS-TEST', key),
      signupIdOf('choreography', 'tokens-test', otherKey),
    ];
    assert.equal(new Set(ids.map((each) => each.slice(0, 8))).size, ids.length);
  });

  it('is a UUIDv8 that says its style, in whatever case', () => {
    for (const style of styles) {
      for (let index = 0; index < 100; index++) {
        const each = signupIdOf(style, `key-${index}`, key);
        assert.ok(validate(each), each);
        assert.equal(version(each), 8);
        assert.deepEqual(readSignupId(each), { id: each, style });
        assert.deepEqual(readSignupId(each.toUpperCase()), { id: each, style });
      }
    }
  });

  for (const [what, text] of [
    ['a UUID of another version', 'd45cd77d-b172-5292-a08b-8b98ad7067cb'],
    ['of a style that is not known', id.replace('-1', '-f')],
    ['of another variant', `${id.slice(0, 19)}c${id.slice(20)}`],
    ['longer', `${id}0`],
    ['without hyphens', id.replaceAll('-', '')],
    ['nothing', ''],
  ] as const) {
    it(`is not what is ${what}`, () => assert.equal(readSignupId(text), undefined));
  }
});

describe('A verification token', () => {
  it('names its signup and is the same every time', () => {
    const token = verificationToken(id, key);
    assert.equal(token, verificationToken(id, key));
    assert.match(token, new RegExp(`^${id}\\.[A-Za-z0-9_-]{43}$`));
    assert.equal(signupOfToken(token, key)?.id, id);
  });

  it('is good with its id in upper case too', () => {
    const [, signature] = verificationToken(id, key).split('.');
    assert.equal(signupOfToken(`${id.toUpperCase()}.${signature}`, key)?.id, id);
  });

  it('is worth nothing under another key', () => {
    assert.equal(signupOfToken(verificationToken(id, otherKey), key), undefined);
  });

  it('is not valid for another signup', () => {
    const [, signature] = verificationToken(id, key).split('.');
    assert.equal(signupOfToken(`${signupIdOf('choreography', 'other', key)}.${signature}`, key), undefined);
  });

  it('is refused when one character is changed, added or missing, wherever it is', () => {
    const token = verificationToken(id, key);
    for (let at = 0; at < token.length; at++) {
      // Not the same letter in the other case: that is the same id.
      const other = token[at]?.toLowerCase() === 'a' ? 'B' : 'A';
      for (const changed of [other, '', `${token[at]}${other}`, `${token[at]}!`, `${token[at]}=`]) {
        const forged = token.slice(0, at) + changed + token.slice(at + 1);
        assert.equal(signupOfToken(forged, key), undefined, `\`${forged}\``);
      }
    }
  });

  it('is refused in another spelling of the same signature', () => {
    const token = verificationToken(id, key);
    // The last of 43 characters carries two bits that no byte needs: four spellings, one signature.
    const spelt = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .filter((last) => signupOfToken(token.slice(0, -1) + last, key) !== undefined);
    assert.deepEqual(spelt, [token.at(-1)]);
    assert.equal(signupOfToken(token.toUpperCase(), key), undefined);
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
      assert.equal(signupOfToken(token, key), undefined);
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
