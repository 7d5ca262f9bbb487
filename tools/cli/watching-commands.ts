/** The commands that show how signups have come where they are, and what happens as it happens. */
import { z } from 'zod';
import { below } from '../../domain/addresses.ts';
import { HistoryEntry } from '../../domain/history.ts';
import type { FeedEntry } from '../../domain/tracked.ts';
import { wholeNumber } from '../platform/command-line.ts';
import { apiUrl, command, read } from './api.ts';
import { events } from './events.ts';
import { historyTable, sideBySide, type SignupHistory } from './history-table.ts';
import { printJson } from './program.ts';
import { readSignup, signupMeant, whichSignup } from './signup-id.ts';
import {
  between,
  harmless,
  looks,
  moment,
  painted,
  shortened,
  styleWidth,
  terminalWidth,
} from './terminal.ts';

export const showHistory = command('history')
  .summary('shows what happened, of two signups side by side')
  .description(
    'Shows what happened to signups: of two side by side and step for step, of more one below the other.',
  )
  .argument('<signup...>', whichSignup)
  .action(async (words, shared) => {
    const base = apiUrl(shared.url);
    const told = await Promise.all(words.map(async (each) => tell(base, await signupMeant(base, each))));
    const [first, second, ...others] = told as [SignupHistory, SignupHistory?, ...SignupHistory[]];
    if (shared.json) return printJson(second ? told.map(({ history }) => history) : first.history);
    const isPair = second && others.length === 0;
    console.log(isPair ? sideBySide(first, second) : told.map((each) => historyTable(each)).join('\n\n'));
  });

async function tell(base: string, id: string): Promise<SignupHistory> {
  const [signup, history] = await Promise.all([
    readSignup(base, id),
    read(z.array(HistoryEntry), below(base, `/signups/${id}/history`)),
  ]);
  return { signup, history };
}

export const watchEvents = command('watch')
  .summary('shows what happens as it happens')
  .description(
    'Shows what happens as it happens, of all signups or of one, until Ctrl-C: when it happened in the time of the signup, and how ' +
      'long after its beginning that is, as `history` does.',
  )
  .argument('[signup]', whichSignup)
  .option(
    '--after <n>',
    'begins after this position of the feed instead of now; 0 shows all there is',
    wholeNumber(0),
  )
  .action(async (word, { after, ...shared }) => {
    const base = apiUrl(shared.url);
    const only = word === undefined ? undefined : await signupMeant(base, word);
    const stopping = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
    const feed = events(base, {
      after,
      signal: stopping.signal,
      lost: (reason) => console.error(`Lost the feed (${reason}); connecting again …`),
    });
    const beginningOf = beginnings(base);
    for await (const event of feed) {
      if (only !== undefined && event.signupId !== only) continue;
      console.log(shared.json ? JSON.stringify(event) : eventLine(event, await beginningOf(event)));
    }
  });

const rememberedBeginnings = 1000;

/** When signups began: their first step says so, and what was begun before is looked up once. */
function beginnings(base: string): (event: FeedEntry) => Promise<string | undefined> {
  const known = new Map<string, string | undefined>();
  return async ({ signupId, step, at }) => {
    if (step === 'openAccount' && !known.has(signupId)) known.set(signupId, at);
    if (!known.has(signupId)) {
      const signup = await readSignup(base, signupId).catch(() => undefined);
      known.set(signupId, signup?.startedAt);
    }
    const beganAt = known.get(signupId);
    const [oldest] = known.keys();
    if (known.size > rememberedBeginnings && oldest !== undefined) known.delete(oldest);
    return beganAt;
  };
}

/**
 * An event as one line: when it happened, in the time of the signup, and how long after its beginning. On a terminal its detail is on a
 * second line, as long as the terminal is wide.
 */
export function eventLine(
  event: FeedEntry,
  beganAt: string | undefined,
  width = process.stdout.isTTY ? terminalWidth() : Infinity,
): string {
  const { at, style, signupId, step, kind, attempts, detail } = event;
  const { sign, format } = looks[kind];
  const times = attempts > 1 ? `, ${attempts} attempts` : '';
  const after = beganAt === undefined ? '–' : between(beganAt, at);
  const cells = [moment(at), after.padEnd(12), style.padEnd(styleWidth), signupId, step.padEnd(20)];
  const line = [...cells, painted(`${sign} ${kind}${times}`, format)].join('  ');
  if (detail === null) return line;
  const before = width === Infinity ? '  ' : `\n${' '.repeat(22)}`;
  return line + before + painted(shortened(harmless(detail), width - 22), 'dim');
}
