/** The commands that show how signups have come where they are, and what happens as it happens. */
import { z } from 'zod';
import { below } from '../domain/addresses.ts';
import { inWords } from '../domain/duration.ts';
import { HistoryEntry } from '../domain/history.ts';
import { apiUrl, command, read } from './api.ts';
import { events, type StepEvent } from './events.ts';
import { historyTable, sideBySide, type Told } from './history-table.ts';
import { printJson, wholeNumber } from './program.ts';
import { readSignup } from './signup-commands.ts';
import { signupIdTyped } from './signup-id.ts';
import { harmless, looks, moment, painted, shortened, terminalWidth } from './terminal.ts';

export const showHistory = command({
  words: ['ID', '[ID2]'],
  summary: 'Shows what happened to a signup; with two, side by side and step for step.',
  options: {},
  async run(shared, words) {
    const base = apiUrl(shared.url);
    const told = await Promise.all(words.map((word) => tell(base, signupIdTyped(word))));
    const [first, second] = told as [Told, Told?];
    if (shared.json) return printJson(second ? told.map(({ history }) => history) : first.history);
    console.log(second ? sideBySide(first, second) : historyTable(first));
  },
});

async function tell(base: string, id: string): Promise<Told> {
  const [signup, history] = await Promise.all([
    readSignup(base, id),
    read(z.array(HistoryEntry), below(base, `/signups/${id}/history`)),
  ]);
  return { signup, history };
}

export const watchEvents = command({
  words: ['[ID]'],
  summary: 'Shows what happens as it happens, of all signups or of one, until Ctrl-C.',
  options: {
    after: {
      form: 'N',
      description: 'begins after this position of the feed instead of now; 0 shows all there is',
    },
  },
  async run({ after, ...shared }, [id]) {
    const only = id === undefined ? undefined : signupIdTyped(id);
    const position = wholeNumber(after, 'after', 0);
    const stopping = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
    const feed = events(apiUrl(shared.url), {
      after: position,
      signal: stopping.signal,
      lost: (reason) => console.error(`Lost the feed (${reason}); connecting again …`),
    });
    for await (const event of feed) {
      if (only !== undefined && event.signupId !== only) continue;
      console.log(shared.json ? JSON.stringify(event) : eventLine(event));
    }
  },
});

/** A signup's own time is behind or ahead by what it takes to note something. What is more, somebody has moved. */
const movedFromMs = 5000;

/**
 * An event as one line: when it was noted, and how far the signup's own time is ahead of that, where somebody has moved it. On a
 * terminal its detail is on a second line, as long as the terminal is wide.
 */
export function eventLine(
  event: StepEvent,
  width = process.stdout.isTTY ? terminalWidth() : Infinity,
): string {
  const { at, notedAt, style, signupId, step, kind, attempts, detail } = event;
  const { sign, format } = looks[kind];
  const times = attempts > 1 ? `, ${attempts} attempts` : '';
  const aheadMs = Date.parse(at) - Date.parse(notedAt);
  const ahead = aheadMs < movedFromMs ? [] : [`+${inWords(aheadMs)}`.padEnd(10)];
  const cells = [moment(notedAt).slice(11), ...ahead, style.padEnd(13), signupId, step.padEnd(20)];
  const line = [...cells, painted(`${sign} ${kind}${times}`, format)].join('  ');
  if (detail === null) return line;
  const before = width === Infinity ? '  ' : `\n${' '.repeat(11)}`;
  return line + before + painted(shortened(harmless(detail), width - 11), 'dim');
}
