/**
 * Ids and links that are derived, not looked up: a signup's id from its Idempotency-Key, the verification token from
 * the id, both under a key of the accounts service. Nothing here is stored. Not for workflow code: it needs Node's crypto.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { below } from './addresses.ts';
import { styles, type Style } from './signup.ts';
import { traits } from './styles.ts';

/** A signup by its id, and the style that the id says. */
export type NamedSignup = { id: string; style: Style };

/** Reads as `xxxxxxxx-Sxxx-8xxx-Vxxx-xxxxxxxxxxxx`: a UUIDv8 (RFC 9562), S the style, V the variant. */
const idForm = /^[0-9a-f]{8}-([0-9a-f])[0-9a-f]{3}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * The id of the signup that a style and an Idempotency-Key stand for: the same key is the same signup. Only the holder of `key`
 * (hexadecimal) can compute it: a guessed Idempotency-Key does not give the signup away.
 */
export function signupIdOf(style: Style, idempotencyKey: string, key: string): string {
  const digest = hmac(key, `signup ${style} ${idempotencyKey}`).toString('hex');
  const variant = '89ab'[Number.parseInt(digest[16]!, 16) % 4]!;
  const [first, second] = [digest.slice(0, 8), traits[style].idDigit + digest.slice(9, 12)];
  return `${first}-${second}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}

/** Reads an id in whatever case. Undefined for what is no id of a signup, or says no style that is known here. */
export function readSignupId(text: string): NamedSignup | undefined {
  const id = text.toLowerCase();
  const [, digit] = idForm.exec(id) ?? [];
  const style = styles.find((each) => traits[each].idDigit === digit);
  return style && { id, style };
}

/** The token of a signup's verification link: `<signup id>.<HMAC-SHA-256, base64url>`. `key` is hexadecimal. */
export function verificationToken(signupId: string, key: string): string {
  return `${signupId}.${hmac(key, `verify ${signupId}`).toString('base64url')}`;
}

/** The signup a token was made for, or undefined when it is malformed or forged. Compares in constant time. */
export function signupOfToken(token: string, key: string): NamedSignup | undefined {
  const [typed = ''] = token.split('.');
  const signup = readSignupId(typed);
  if (!signup) return undefined;
  // As text: decoding would also take other spellings of the same bytes, and ignore what is no base64url.
  const given = Buffer.from(signup.id + token.slice(typed.length));
  const expected = Buffer.from(verificationToken(signup.id, key));
  return given.length === expected.length && timingSafeEqual(given, expected) ? signup : undefined;
}

function hmac(key: string, text: string): Buffer {
  return createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest();
}

/** The link that goes out in mails. `publicUrl` is where the API is reached from outside. */
export function verificationLink(signupId: string, key: string, publicUrl: string): string {
  return below(publicUrl, `/verify/${verificationToken(signupId, key)}`).href;
}

/**
 * A text without its verification tokens, however a link is written: answers of mail servers may quote our
 * mails.
 */
export function withoutLinks(text: string): string {
  return text
    .replaceAll(/(verify(?:\/|\\\/|%2f))[\w.~%-]+/gi, '$1…')
    .replaceAll(/\b([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.|%2e)[\w-]{16,}/gi, '$1.…');
}
