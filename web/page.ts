/**
 * What is on the page, as one plain value: signups, the groups they were started in, lanes, what arrived, what is broken. Only its store
 * changes it.
 */
import type { CrowdState } from '../domain/crowd.ts';
import type { FaultState } from '../domain/faults.ts';
import type { Channel } from '../domain/process.ts';
import type { StackReport } from '../domain/report.ts';
import type { Style } from '../domain/signup.ts';
import { emptyLanes, type LaneSeen } from './lanes.ts';
import type { SceneState } from './scenes/player.ts';
import type { SignupSeen } from './seen.ts';
import { firstView, type View } from './view.ts';

/** A message that really arrived, as `GET /mailbox` shows it. */
export type ArrivalSeen = {
  id: string;
  channel: Channel;
  to: string;
  purpose: string | null;
  signupId: string | null;
  subject: string | null;
  text: string;
  links: string[];
  receivedAt: string;
};

/** What was asked for in one style of a group, and what it was answered. `afterMs` was measured here. */
export type Request = {
  style: Style;
  email: string;
  body: { email: string; phone?: string; style: Style; group: string };
  /** Its Idempotency-Key. */
  key: string;
  sentAtMs: number;
  /** undefined while it is not answered. Status 0: there was no answer. */
  answer?: { status: number; afterMs: number; problem: string | null };
  /** How often it was repeated with the same key. */
  repeated: number;
};

/** What was started together. `requests` is empty where it was started elsewhere. */
export type GroupSeen = {
  readonly name: string;
  readonly startedAtMs: number;
  readonly requests: Readonly<Partial<Record<Style, Request>>>;
  /** One signup for each style; a crowd has more and is drawn as cells only. */
  readonly signups: Readonly<Partial<Record<Style, string>>>;
  readonly isCrowd: boolean;
  /** After which entry of the feed it is told; null where that is not known. */
  readonly after: number | null;
};

/** How the stream of events is doing. */
export type StreamState = 'connecting' | 'live' | 'catching up' | 'paused' | { awaySinceMs: number };

/** Something that was asked for and did not go well, as a sentence. */
export type Notice = { id: number; text: string };

/** All that is on the page. */
export type Page = {
  readonly signups: ReadonlyMap<string, SignupSeen>;
  /** Newest first. */
  readonly groups: readonly GroupSeen[];
  readonly lanes: Readonly<Record<Style, LaneSeen>>;
  /** Newest first, as many as `arrivals.ts` keeps. */
  readonly arrivals: readonly ArrivalSeen[];
  readonly faults: readonly FaultState[];
  readonly report: StackReport | null;
  /** The crowd that is coming, or the last one. */
  readonly crowd: CrowdState | null;
  /** What statistics has counted, by style: null before it has ever joined, undefined while nobody wants to know. */
  readonly counted: Readonly<Record<Style, number>> | null | undefined;
  readonly stream: StreamState;
  /** The last entry of the feed that was applied. */
  readonly lastEntryId: number | null;
  readonly scene: SceneState | null;
  /** The name of the group that is drawn. */
  readonly selectedGroup: string | null;
  /** The step whose drawer is open. */
  readonly selectedStep: { signupId: string; step: string } | null;
  readonly isPaused: boolean;
  readonly notices: readonly Notice[];
  readonly view: View;
  /** The most entries that one frame has applied. */
  readonly mostPerFrame: number;
  /** The clock of all that is drawn; it stands still while the page is paused. */
  readonly nowMs: number;
};

/** A page that has seen nothing; its signups are kept in this map. */
export function emptyPage(signups: ReadonlyMap<string, SignupSeen>, nowMs: number): Page {
  return {
    signups,
    groups: [],
    lanes: emptyLanes(),
    arrivals: [],
    faults: [],
    report: null,
    crowd: null,
    counted: undefined,
    stream: 'connecting',
    lastEntryId: null,
    scene: null,
    selectedGroup: null,
    selectedStep: null,
    isPaused: false,
    notices: [],
    view: firstView,
    mostPerFrame: 0,
    nowMs,
  };
}

/** The group that is drawn. */
export function selectedGroup({ groups, selectedGroup: name }: Page): GroupSeen | undefined {
  return groups.find((group) => group.name === name);
}

/** The ids of the signups that are drawn: those of the group that is chosen. */
export function idsDrawn(page: Page): string[] {
  return Object.values(selectedGroup(page)?.signups ?? {});
}

/** The signup of a group in a style. */
export function signupIn(
  { signups }: Page,
  group: GroupSeen | undefined,
  style: Style,
): SignupSeen | undefined {
  return signups.get(group?.signups[style] ?? '');
}

/** A group of which nothing is known yet. */
export function newGroup(name: string, startedAtMs: number, after: number | null): GroupSeen {
  return { name, startedAtMs, requests: {}, signups: {}, isCrowd: false, after };
}

/** The group with a signup in it. */
export function grouped(
  known: GroupSeen | undefined,
  { id, style, group, startedAtMs, entries }: SignupSeen,
): GroupSeen {
  const [first] = entries;
  const from = first ? first.id - 1 : null;
  const { after, ...before } = known ?? newGroup(group ?? id, startedAtMs, from);
  const seen = { ...before, after: after === null || (from !== null && from < after) ? from : after };
  const other = before.signups[style];
  if (other === id) return seen;
  if (other !== undefined) return { ...seen, isCrowd: true };
  return { ...seen, signups: { ...before.signups, [style]: id } };
}
