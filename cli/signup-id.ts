/** The id of a signup, as it is typed. */
import { z } from 'zod';
import { WrongUsage } from './program.ts';

const uuid = z.uuid();

/** Whether a word has the form of such an id. */
export const isSignupId = (word: string) => uuid.safeParse(word).success;

/** The id of a signup, as it was typed. */
export function signupIdTyped(word: string): string {
  if (isSignupId(word)) return word.toLowerCase();
  throw new WrongUsage(
    `\`${word}\` is no id of a signup, expected a UUID as \`start\` and \`list\` show them`,
  );
}
