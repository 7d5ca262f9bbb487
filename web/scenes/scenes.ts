/** The scenes, in the order in which they are told. */
import { crash } from './crash.ts';
import { lateSubscriber } from './late-subscriber.ts';
import { poison } from './poison.ts';
import type { Scene } from './scene.ts';
import { week } from './week.ts';
import { whoWaits } from './who-waits.ts';

export const scenes: readonly Scene[] = [whoWaits, crash, poison, lateSubscriber, week];

/** The scene of that name, if there is one. */
export const sceneNamed = (name: string): Scene | undefined => scenes.find((scene) => scene.name === name);
