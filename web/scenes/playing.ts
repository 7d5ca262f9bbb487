/** The player of a page: there is one for each store, and what it plays is in the page for all who draw it. */
import type { Actions } from '../actions.ts';
import type { Store } from '../state.ts';
import { createHands } from './hands.ts';
import { openPlayer, type Player } from './player.ts';
import type { Scene, SceneView } from './scene.ts';
import { scenes } from './scenes.ts';

/** A scene in the list, and why it cannot be played now. */
export type Choice = { scene: Scene; whyNot: string | undefined };

/** What plays scenes on a page. */
export type Playing = { player: Player; choices(): readonly Choice[] };

const known = new WeakMap<Store, Playing>();

/** What plays the scenes of a store. */
export function playingOn(store: Store, actions: Actions): Playing {
  const before = known.get(store);
  if (before) return before;
  const hands = createHands(store, actions);
  const playing: Playing = {
    player: openPlayer(hands, (state) => store.change({ scene: state ?? null })),
    choices: () => scenes.map((scene) => ({ scene, whyNot: whyNot(scene, hands.look()) })),
  };
  known.set(store, playing);
  return playing;
}

/** Why a scene cannot be played on a stack, and what to do about it; undefined where it can. */
export function whyNot(scene: Scene, view: SceneView): string | undefined {
  const needed = scene.steps.flatMap(({ does = [] }) =>
    does.flatMap((each) => (each.do === 'break' ? [each.fault] : [])),
  );
  const states = view.report?.faults;
  if (states === undefined) return scene.onStageOnly ? onStage : undefined;
  if (states === null)
    return needed.length > 0 ? 'No supervisor to ask: nothing can be broken here.' : undefined;
  const missing = states.find(({ name, isHere }) => needed.includes(name) && !isHere);
  if (missing) return scene.onStageOnly ? onStage : (missing.whyNot ?? 'It cannot be broken here.');
  return undefined;
}

const onStage = 'Needs `npm run stage`.';

/** What a key does while a scene is played; false where it is none of a scene's. */
export function sceneKey({ player }: Playing, key: string): boolean {
  if (!player.state()) return false;
  if (key === ' ') void player.on();
  else if (key === 'Backspace') player.back();
  else return false;
  return true;
}
