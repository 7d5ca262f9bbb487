/** Steps and marks in the words of a lane: a short one that is read at a glance, and a sentence for who does not see it. */
import {
  channels,
  clickRow,
  closeReasons,
  isReminder,
  type Channel,
  type Purpose,
  type StepName,
} from '../../domain/process.ts';
import { wordsOfChannel } from '../panels/words.ts';

/** How a step is drawn. */
export const marks = {
  expected: { sign: '▢', word: 'expected' },
  running: { sign: '◔', word: 'running' },
  retrying: { sign: '↻', word: 'tried' },
  done: { sign: '✓', word: 'done' },
  refused: { sign: '✗', word: 'refused' },
  failed: { sign: '✗', word: 'failed' },
  parked: { sign: '‖', word: 'parked' },
  waiting: { sign: '◌', word: 'waiting' },
  skipped: { sign: '–', word: 'skipped' },
  compensation: { sign: '↶', word: 'taken back' },
} as const;
export type Mark = keyof typeof marks;

const plain: Partial<Record<string, { title: string; sentence: string }>> = {
  openAccount: { title: 'open', sentence: 'open the account' },
  recordNotified: { title: 'notified', sentence: 'record that the person is notified' },
  activateAccount: { title: 'activate', sentence: 'activate the account' },
  [clickRow]: { title: 'click', sentence: 'wait for the click' },
} satisfies Partial<Record<StepName | typeof clickRow, object>>;

/** A step as a lane names it, and as a sentence does. */
export function wordsOfStep(step: string): { title: string; sentence: string } {
  const known = plain[step];
  if (known) return known;
  const [action = '', about = ''] = step.split(' ');
  const channel = (Object.keys(channels) as Channel[]).find((each) => channels[each].step === action);
  if (channel) {
    const { word } = wordsOfChannel(channel);
    if (about === 'welcome') return { title: word, sentence: `send the welcome ${word}` };
    const purpose = wordsOfPurpose(about);
    if (isReminder(about as Purpose)) return { title: purpose, sentence: `send ${purpose}` };
    return { title: `${word}: ${purpose}`, sentence: `send the ${word} that says it is ${purpose}` };
  }
  const reason = closeReasons.find((each) => step === (`closeAccount ${each}` satisfies StepName));
  if (reason) return { title: 'close', sentence: `close the account: ${reason}` };
  return { title: step, sentence: step };
}

/** What a message is for, as a lane and the inbox name it. */
export function wordsOfPurpose(purpose: string): string {
  return isReminder(purpose as Purpose) ? purpose.replace('-', ' ') : purpose;
}

/** Whether a step takes another back, rather than going on. */
export function takesBack(step: string): boolean {
  return closeReasons.some(
    (reason) => reason !== 'expired' && step === (`closeAccount ${reason}` satisfies StepName),
  );
}
