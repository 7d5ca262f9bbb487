import { strict as assert } from 'node:assert';
import { IdempotencyKey, isSameRequest, SignupRequest } from '../../domain/signup.ts';

const ada = { email: 'ada@example.com', style: 'choreography' } as const;

/** The field a request is refused for, or undefined when it is taken. */
const refusedFor = (changes: Record<string, unknown>) => {
  const { error } = SignupRequest.safeParse({ ...ada, ...changes });
  return error && (error.issues[0]?.path.join('.') ?? '');
};

/** An address of so many characters, its local part of 64 where there is room. */
const ofLength = (length: number) =>
  `${'a'.repeat(64)}@${'b.'.repeat(Math.floor((length - 68) / 2))}${length % 2 === 0 ? 'com' : 'info'}`;

describe('A request to sign up', () => {
  for (const email of [
    'ada@example.com',
    'Ada.Lovelace+duet@Mail.Example.co.uk',
    "o'hara@example.ie",
    'a@b.io',
    '1_2-3@example.com',
    'info@xn--e1afmkfd.xn--p1ai',
    'a&b@example.com',
    'user=x@example.com',
    "o'@example.com",
    '-ada-@example.com',
    `${'a'.repeat(64)}@example.com`,
    ofLength(254),
  ]) {
    it(`takes the e-mail address \`${email.slice(0, 60)}\``, () =>
      assert.equal(refusedFor({ email }), undefined));
  }

  for (const email of [
    undefined,
    null,
    42,
    ['ada@example.com'],
    '',
    'ada',
    'ada@',
    '@example.com',
    'ada@localhost',
    ' ada@example.com',
    'ada@example.com ',
    'ada@example.com\n',
    'ada@example.com\r\nBcc: eve@example.com',
    'ada@example.com%0aBcc:eve@example.com',
    'ada@example.com,eve@example.com',
    'ada@example.com;eve@example.com',
    'ada@example.com eve@example.com',
    'Ada <ada@example.com>',
    '"ada\r\n"@example.com',
    'ada@eve@example.com',
    'ada..lovelace@example.com',
    '.ada@example.com',
    'ada@-example.com',
    'ada\0@example.com',
    `${'a'.repeat(65)}@example.com`,
    'user%relay.example@example.com',
    'host!user@example.com',
    '{{7*7}}@example.com',
    '${7*7}@example.com',
    '`id`@example.com',
    '"ada"@example.com',
    'ada@example.123',
    'ada@xn--.xn--',
    'ada@[127.0.0.1]',
    'ключ@example.com',
    ofLength(255),
    ofLength(16_000),
  ]) {
    it(`refuses the e-mail address ${JSON.stringify(email)?.slice(0, 60)}`, () =>
      assert.equal(refusedFor({ email }), 'email'));
  }

  for (const name of [
    'Ada',
    'Ada Lovelace',
    'Seán O’Casey',
    "D'Arcy",
    'Müller-Lüdenscheidt (jun.)',
    'José María',
    '山田 太郎',
    'नमस्ते',
    'محمد',
    'R2D2',
    'Gal·la Placídia',
    'ジョン・スミス',
    'علی\u200cرضا',
    'क्\u200dष',
    "'t Hooft",
    '’t Hooft',
    'Jean‐Luc',
    'a'.repeat(100),
  ]) {
    it(`takes the name \`${name.slice(0, 40)}\``, () => assert.equal(refusedFor({ name }), undefined));
  }

  for (const name of [
    '',
    ' ',
    ' Ada',
    'Ada\nBcc: eve@example.com',
    'Ada\r',
    'Ada\n',
    'Ada\u2028Lovelace',
    'Ada\0',
    'Ada\tLovelace',
    '<script>alert(1)</script>',
    '{{7*7}}',
    '${7*7}',
    '#{7*7}',
    '%{x}',
    'Ada <ada@example.com>',
    'https://evil.example',
    'Ada\u202Eecalevol',
    '\u200cAda',
    'Ada\u200d',
    'Ada \u200c Lovelace',
    'Ada\u200b',
    "''",
    "'",
    '·',
    '"Ada"',
    'Ada=1',
    'a'.repeat(101),
    7,
    null,
  ]) {
    it(`refuses the name ${JSON.stringify(name).slice(0, 40)}`, () =>
      assert.equal(refusedFor({ name }), 'name'));
  }

  for (const phone of ['+15550001111', '+4915112345678', '+1999123456789', '+1234567']) {
    it(`takes the phone number \`${phone}\``, () => assert.equal(refusedFor({ phone }), undefined));
  }

  for (const phone of [
    '',
    '15550001111',
    '0049151',
    '+0151123456',
    '+1 555 000 1111',
    '+123456',
    '+1234567890123456',
    '+15550001111\n',
    '+1555000111x',
    '＋15550001111',
    15550001111,
    null,
  ]) {
    it(`refuses the phone number ${JSON.stringify(phone)}`, () =>
      assert.equal(refusedFor({ phone }), 'phone'));
  }

  for (const style of [undefined, null, '', 'both', 'Choreography', 'toString']) {
    it(`refuses the style ${JSON.stringify(style)}`, () => assert.equal(refusedFor({ style }), 'style'));
  }

  for (const group of ['a', 'Ada_17-x', 'g'.repeat(64)]) {
    it(`takes the group \`${group}\``, () => assert.equal(refusedFor({ group }), undefined));
  }

  for (const group of ['', ' ', 'a b', 'a/b', 'é', 'a\n', 'g'.repeat(65), 7, null]) {
    it(`refuses the group ${JSON.stringify(group)}`, () => assert.equal(refusedFor({ group }), 'group'));
  }

  it('refuses a field it does not know', () => {
    assert.equal(refusedFor({ admin: true }), '');
    const polluting: unknown = JSON.parse('{"email":"a@b.io","style":"choreography","__proto__":{"x":1}}');
    assert.equal(SignupRequest.safeParse(polluting).success, false);
  });

  it('keeps what was typed as it was typed', () => {
    const email = 'Ada.Lovelace@Example.com';
    assert.equal(SignupRequest.parse({ ...ada, email }).email, email);
  });

  it('is the same request when it asks for the same, in whatever order', () => {
    const one = SignupRequest.parse({ ...ada, phone: '+15550001111' });
    const other = SignupRequest.parse({ phone: '+15550001111', style: ada.style, email: ada.email });
    assert.ok(isSameRequest(one, other));
  });

  it('is the same request in another group', () => {
    assert.ok(isSameRequest({ ...ada, group: 'one' }, { ...ada, group: 'other' }));
    assert.ok(isSameRequest({ ...ada, group: 'one' }, ada));
  });

  it('is another request when any other field differs', () => {
    const whole = { ...ada, phone: '+15550001111', name: 'Ada' };
    for (const change of [
      { email: 'eve@example.com' },
      { phone: '+15550002222' },
      { phone: undefined },
      { name: 'Eve' },
      { style: 'orchestration' as const },
    ]) {
      assert.ok(!isSameRequest(whole, { ...whole, ...change }), JSON.stringify(change));
    }
  });
});

describe('An Idempotency-Key', () => {
  it('is 1 to 255 visible ASCII characters', () => {
    for (const key of ['x', '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '~'.repeat(255)])
      assert.ok(IdempotencyKey.safeParse(key).success, key);
    for (const key of ['', ' ', 'a b', 'a\n', 'ключ', 'a\u00a0', 'x'.repeat(256)])
      assert.ok(!IdempotencyKey.safeParse(key).success, JSON.stringify(key));
  });
});
