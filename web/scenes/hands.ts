/** What a scene does and sees, by the actions and the store of the page: the one place where scenes meet either. */
import { styles, type Style } from '../../domain/signup.ts';
import type { StackReport } from '../../domain/report.ts';
import type { Actions, Answered } from '../actions.ts';
import { signupIn, type GroupSeen, type Page } from '../page.ts';
import type { Store } from '../state.ts';
import type { Hands } from './player.ts';
import type { SceneAction, SceneView, SignupInScene } from './scene.ts';
import { watchStatistics } from './statistics.ts';

/** Everybody in a scene can be reached by SMS, too. */
const phone = '+15550001111';

/** How long a caller comes back with the same key, and how far apart. */
const repeating = { times: 15, everyMs: 2000 } as const;

/** The hands of scenes on a page. */
export function createHands(store: Store, actions: Actions): Hands & { look(): SceneView } {
  const statistics = watchStatistics(actions, (counted) => store.change({ counted }));
  let groups: string[] = [];
  let before: StackReport | undefined;
  let countedBefore: SceneView['counted'];
  let selectedBefore: string | null = null;

  return {
    async setUp({ hasCounts }) {
      groups = [];
      selectedBefore = store.page.selectedGroup;
      store.select(null);
      await calm();
      before = store.page.report ?? undefined;
      if (hasCounts) await statistics.watch();
      countedBefore = store.page.counted;
    },
    async cleanUp() {
      statistics.rest();
      showAgain();
      await calm();
    },
    act,
    look: () => viewOf(store.page, { groups, before, countedBefore }),
  };

  async function calm(): Promise<void> {
    await done(actions.healAll());
    if (store.page.crowd?.isRunning === true) await actions.stopCrowd();
  }

  /** Selects what was selected before the scene, else the newest there is; who has chosen something meanwhile keeps that. */
  function showAgain(): void {
    const { selectedGroup: selected, groups: all } = store.page;
    if (selected !== null && !groups.includes(selected)) return;
    const earlier = all.find(({ name }) => name === selectedBefore);
    store.select((earlier ?? all.find(({ isCrowd }) => !isCrowd))?.name ?? null);
  }

  async function act(action: SceneAction): Promise<void> {
    switch (action.do) {
      case 'break':
        return done(actions.breakFault(action.fault, action.forMs));
      case 'heal':
        return done(actions.heal(action.fault));
      case 'start':
        return start();
      case 'crowd':
        return crowd(action.perStyle, action.perSecond);
      case 'forward':
        return actions.fastForward(
          signupsOf(store.page, groups).map(({ id }) => id),
          action.by,
        );
      case 'click':
        return click(action.style);
      case 'repeat':
        for (const style of action.styles) void repeat(style);
        return;
      case 'join':
        return done(actions.startStatistics());
      case 'leave':
        return done(actions.stopStatistics());
    }
  }

  /** Starts a signup in each lane that is here; what waits for its answer is not waited for. */
  async function start(): Promise<void> {
    const email = `scene-${Math.random().toString(36).slice(2, 7)}@example.com`;
    void actions.start({ styles: stylesHere(store.page), email, phone });
    const { selectedGroup } = store.page;
    if (selectedGroup !== null) groups = [...groups, selectedGroup];
  }

  async function crowd(perStyle: number, perSecond: number): Promise<void> {
    const here = stylesHere(store.page);
    await done(actions.crowd({ count: perStyle * here.length, perSecond, styles: [...here] }));
  }

  async function click(style: Style): Promise<void> {
    const { arrivals } = store.page;
    const ids = new Set(
      signupsOf(store.page, groups).flatMap((signup) => (signup.style === style ? [signup.id] : [])),
    );
    const mail = arrivals.find(({ signupId, links }) => ids.has(signupId ?? '') && links.length > 0);
    if (!mail) throw new Error('No mail with a link has arrived yet.');
    await done(actions.confirm(mail.links[0]!));
  }

  /** What a caller does who was told to come back. */
  async function repeat(style: Style): Promise<void> {
    const group = groups.at(-1);
    if (group === undefined) return;
    for (let times = 0; times < repeating.times; times++) {
      const answer = groupsOf(store.page, [group])[0]?.requests[style]?.answer;
      if (!answer || answer.status === 201 || groups.at(-1) !== group) return;
      await actions.repeat(group, style);
      await new Promise((resolve) => setTimeout(resolve, repeating.everyMs));
    }
  }
}

/** What a scene sees of a page, where it has started these groups. */
export function viewOf(
  page: Page,
  own: { groups: readonly string[] } & Pick<SceneView, 'before' | 'countedBefore'>,
): SceneView {
  return {
    report: page.report ?? undefined,
    before: own.before,
    signups: signupsOf(page, own.groups),
    crowd: page.crowd ?? undefined,
    counted: page.counted,
    countedBefore: own.countedBefore,
  };
}

/** Those that are here, as far as it was reported; all before the first report. */
function stylesHere({ report }: Page): readonly Style[] {
  const missing = report?.styles.filter(({ isHere }) => !isHere).map(({ style }) => style) ?? [];
  return styles.filter((style) => !missing.includes(style));
}

const groupsOf = ({ groups }: Page, names: readonly string[]): GroupSeen[] =>
  groups.filter(({ name }) => names.includes(name));

function signupsOf(page: Page, names: readonly string[]): SignupInScene[] {
  return groupsOf(page, names).flatMap((group) =>
    styles.flatMap((style) => {
      const request = group.requests[style];
      if (!request) return [];
      const seen = signupIn(page, group, style);
      const arrived: Record<string, number> = {};
      for (const { step } of seen?.arrivals ?? []) arrived[step] = (arrived[step] ?? 0) + 1;
      return [
        {
          id: seen?.id ?? '',
          style,
          status: seen?.status ?? 'opening',
          answer: request.answer && { status: request.answer.status, afterMs: request.answer.afterMs },
          steps: seen?.steps ?? new Map(),
          arrived,
        },
      ];
    }),
  );
}

/** Throws what went wrong, for a step of a scene ends there. */
async function done(asked: Promise<Answered<unknown>>): Promise<void> {
  const answer = await asked;
  if ('problem' in answer) throw new Error(answer.problem);
}
