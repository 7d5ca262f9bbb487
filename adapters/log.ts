/** The log of a process of ours: JSON lines, and in none of them, whatever wrote it, what would open something to its reader. */
import pino, { type DestinationStream, type Logger } from 'pino';
import { withoutLinks } from '../domain/tokens.ts';
import { fewOfEach } from './few-of-each.ts';

/** Makes the log of the process `name`. Every line goes through `redacted`: messages, fields, errors with stack and causes. */
export function createLog(name: string, level: string, destination?: DestinationStream): Logger {
  const options = { name, level, base: { name }, hooks: { logMethod: fewOfEach(), streamWrite: redacted } };
  return destination ? pino(options, destination) : pino(options);
}

/** A text without verification tokens, passwords in URLs and bearer tokens. */
export function redacted(text: string): string {
  return withoutLinks(text)
    .replaceAll(/(:\/\/[^\s:@/"\\]*:)[^\s@/"\\]+@/g, '$1…@')
    .replaceAll(/\b(Bearer +)[\w.~+/=-]+/gi, '$1…');
}
