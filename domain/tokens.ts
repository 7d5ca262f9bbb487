/**
 * Ids and links that are derived, not looked up: a signup's id from its Idempotency-Key, the verification token from
 * the id and a key of the accounts service. Nothing here is stored. Not for workflow code: it needs Node's crypto.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { v5 as uuidv5, validate } from 'uuid';
import type { Style } from './signup.ts';

/** The namespace of signup ids: never change it, or repeated requests become new signups. */
const signupNamespace = '6f3ad0d6-2c8b-5f51-9a63-1f2f0f3a7c55';

/** The id of the signup that a style and an Idempotency-Key stand for: the same key is the same signup. */
export function signupIdOf(style: Style, idempotencyKey: string): string {
  return uuidv5(`${style} ${idempotencyKey}`, signupNamespace);
}

/** The token of a signup's verification link: `<signup id>.<HMAC-SHA-256, base64url>`. `key` is hexadecimal. */
export function verificationToken(signupId: string, key: string): string {
  const signature = createHmac('sha256', Buffer.from(key, 'hex')).update(`verify ${signupId}`);
  return `${signupId}.${signature.digest('base64url')}`;
}

/** The signup a token was made for, or undefined when it is malformed or forged. Compares in constant time. */
export function signupIdOfToken(token: string, key: string): string | undefined {
  const [signupId = ''] = token.split('.');
  // As text: decoding would also take other spellings of the same bytes, and ignore what is no base64url.
  const given = Buffer.from(token);
  const expected = Buffer.from(verificationToken(signupId, key));
  const genuine = given.length === expected.length && timingSafeEqual(given, expected);
  return genuine && validate(signupId) ? signupId : undefined;
}

/** The link that goes out in mails. `publicUrl` is where the API is reached from outside. */
export function verificationLink(signupId: string, key: string, publicUrl: string): string {
  return new URL(`/verify/${verificationToken(signupId, key)}`, publicUrl).href;
}

/** A text with every verification link in it left out: what others say about our mails may quote them. */
export function withoutLinks(text: string): string {
  return text.replaceAll(/\S*\/verify\/\S*/g, '(a verification link)');
}
