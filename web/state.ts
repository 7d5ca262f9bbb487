/**
 * The store of the page: the only functions that change what is on it. Each tells the subscribers once, however much it changed. Nothing
 * here knows a browser, so that tests run it as it is.
 */
import type { HistoryEntry } from '../domain/history.ts';
import { sendStep, type Channel, type Purpose, type PurposeOver } from '../domain/process.ts';
import type { StackReport } from '../domain/report.ts';
import type { Signup, Style } from '../domain/signup.ts';
import type { ListedSignup } from '../domain/tracked.ts';
import { keptOf } from './arrivals.ts';
import { countOf } from './lanes.ts';
import { emptyPage, grouped, newGroup, type ArrivalSeen, type Page, type Request } from './page.ts';
import {
  signupUnseen,
  movedTo,
  withArrival,
  withEntry,
  withShown,
  type ArrivedFor,
  type Entry,
  type SignupSeen,
} from './seen.ts';
import type { View } from './view.ts';

/** The page and the only ways to change it. Each change tells the subscribers once. */
export type Store = ReturnType<typeof createStore>;

const groupsKept = 100;

/** A store of an empty page. */
export function createStore(nowMs = Date.now()) {
  const signups = new Map<string, SignupSeen>();
  const listeners = new Set<() => void>();
  /** What arrived for signups that the page has not seen yet: a mail may come before the entry that tells of it. */
  const early = new Map<string, ArrivedFor[]>();
  let noticed = 0;
  let page: Page = emptyPage(signups, nowMs);

  function change(changed: Partial<Page>): void {
    page = { ...page, ...changed };
    for (const listener of listeners) listener();
  }

  /** A signup as it is known, or as it is first seen. */
  function seen(id: string, style: Style, startedAt: string, group: string | null): SignupSeen {
    const known = signups.get(id);
    if (known) return known;
    const messages = early.get(id) ?? [];
    early.delete(id);
    return messages.reduce(withArrival, signupUnseen(id, style, Date.parse(startedAt), group));
  }

  /** Puts signups into the page, with their lanes and groups. */
  function put(changed: readonly SignupSeen[], more: Partial<Page> = {}): void {
    const lanes = { ...page.lanes };
    const groups = new Map(page.groups.map((group) => [group.name, group]));
    for (const signup of changed) {
      const before = signups.get(signup.id);
      if (before === signup) continue;
      signups.set(signup.id, signup);
      lanes[signup.style] = countOf(lanes[signup.style], before, signup);
      if (signup.group !== null) groups.set(signup.group, grouped(groups.get(signup.group), signup));
    }
    const sorted = [...groups.values()].toSorted((one, other) => other.startedAtMs - one.startedAtMs);
    change({ lanes, groups: sorted.slice(0, groupsKept), ...more });
  }

  /** Changes one signup, where it is there. */
  function changeSignup(id: string, how: (signup: SignupSeen) => SignupSeen): void {
    const known = signups.get(id);
    if (known) put([how(known)]);
  }

  return {
    /** As it is now. The value is replaced by every change. */
    get page(): Page {
      return page;
    },
    /** Calls the listener after every change, until what it returns is called. */
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change,
    put,

    /** Applies entries of the feed, in whatever order they come; what is known already changes nothing. */
    apply(entries: readonly Entry[]): void {
      const touched = new Map<string, SignupSeen>();
      let last = page.lastEntryId ?? 0;
      for (const entry of entries) {
        const { signupId: id, style, at, group } = entry;
        const known = touched.get(id) ?? seen(id, style, at, group);
        touched.set(id, withEntry(known, entry));
        last = Math.max(last, entry.id);
      }
      put([...touched.values()], {
        lastEntryId: last,
        mostPerFrame: Math.max(page.mostPerFrame, entries.length),
      });
    },

    /** Takes a page of the list, as after a reload. */
    list(listed: readonly ListedSignup[]): void {
      const unknown = listed.filter(({ id }) => !signups.has(id));
      put(
        unknown.map(({ id, style, startedAt, group, status }) => ({
          ...seen(id, style, startedAt, group),
          status,
        })),
      );
    },

    /** Takes what arrived; what is known already changes nothing. */
    arrive(arrivals: readonly ArrivalSeen[]): void {
      const here = new Set(page.arrivals.map(({ id }) => id));
      const unseen = arrivals.filter(({ id }) => !here.has(id));
      if (unseen.length === 0) return;
      const touched = new Map<string, SignupSeen>();
      for (const { id, signupId, channel, purpose, receivedAt } of unseen) {
        if (signupId === null || purpose === null) continue;
        const step = sendStep(channel, purpose as Purpose & PurposeOver<Channel>);
        const message = { id, step, receivedAtMs: Date.parse(receivedAt) };
        const known = touched.get(signupId) ?? signups.get(signupId);
        if (known) touched.set(signupId, withArrival(known, message));
        else early.set(signupId, [...(early.get(signupId) ?? []), message]);
      }
      const all = [...unseen, ...page.arrivals].toSorted((one, other) =>
        one.receivedAt < other.receivedAt ? 1 : -1,
      );
      put([...touched.values()], { arrivals: keptOf(all, page) });
    },

    /** Takes an answer that shows a signup. */
    show(shown: Signup, group: string | null = null): void {
      const { id, style, startedAt } = shown;
      put([withShown(seen(id, style, startedAt, group), shown)]);
    },

    /** Takes the history of a signup. */
    remember(id: string, history: readonly HistoryEntry[]): void {
      changeSignup(id, (signup) => ({ ...signup, history }));
    },

    /** The clock of a signup was moved to so far ahead. */
    move(id: string, aheadMs: number): void {
      changeSignup(id, (signup) => movedTo(signup, aheadMs));
    },

    /** Something was asked for in a style of a group, or answered. */
    ask(group: string, request: Request): void {
      const known =
        page.groups.find(({ name }) => name === group) ?? newGroup(group, request.sentAtMs, page.lastEntryId);
      const asked = { ...known, requests: { ...known.requests, [request.style]: request } };
      change({ groups: [asked, ...page.groups.filter(({ name }) => name !== group)] });
    },

    /** An answer took so long. */
    timed(style: Style, afterMs: number): void {
      const lane = page.lanes[style];
      const answersMs = [...lane.answersMs.slice(-99), afterMs];
      change({ lanes: { ...page.lanes, [style]: { ...lane, answersMs } } });
    },

    /** An answer of `GET /styles`. It may be older than what was switched meanwhile, so only the first one tells of faults. */
    reportOn(report: StackReport): void {
      const lanes = { ...page.lanes };
      for (const each of report.styles) lanes[each.style] = { ...lanes[each.style], report: each };
      change({ report, lanes, faults: page.faults.length > 0 ? page.faults : (report.faults ?? []) });
    },

    /** Draws this group. */
    select(group: string | null): void {
      change({ selectedGroup: group, selectedStep: null });
    },

    /** Arranges the page. */
    arrange(view: Partial<View>): void {
      change({ view: { ...page.view, ...view } });
    },

    /** Says what did not go well. */
    notice(text: string): void {
      change({ notices: [...page.notices.slice(-4), { id: ++noticed, text }] });
    },
    dismiss(id: number): void {
      change({ notices: page.notices.filter((notice) => notice.id !== id) });
    },
  };
}
