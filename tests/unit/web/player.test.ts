/** How a scene is played: what is done before, how it goes on and back, how waits end, and what leaving does. */
import { strict as assert } from 'node:assert';
import { until } from '../../../adapters/waiting.ts';
import { styles } from '../../../domain/signup.ts';
import { createActions } from '../../../web/actions.ts';
import { newGroup } from '../../../web/page.ts';
import { createHands } from '../../../web/scenes/hands.ts';
import { createStore } from '../../../web/state.ts';
import { isOver, openPlayer, type Hands, type SceneState } from '../../../web/scenes/player.ts';
import type { Scene, SceneAction, SceneStep, SceneView } from '../../../web/scenes/scene.ts';

const nothing: SceneView = {
  report: undefined,
  before: undefined,
  signups: [],
  crowd: undefined,
  counted: undefined,
  countedBefore: undefined,
};

const sceneOf = (...steps: Partial<SceneStep>[]): Scene => ({
  name: 'a-scene',
  title: 'A scene',
  about: 'It shows something.',
  minutes: 1,
  onStageOnly: false,
  steps: steps.map((step, index) => ({ say: `step ${index}`, notes: '', ...step })),
});

/** A player whose hands note what they are told; its clock goes on by what it is to pause. */
function play({ act = async (_: SceneAction) => {}, look = () => nothing } = {}) {
  const did: string[] = [];
  const states: (SceneState | undefined)[] = [];
  let now = 0;
  const hands: Hands = {
    setUp: async () => void did.push('set up'),
    cleanUp: async () => void did.push('clean up'),
    act: async (action) => {
      did.push(action.do);
      await act(action);
    },
    look,
  };
  const player = openPlayer(hands, (state) => states.push(state), {
    now: () => now,
    pause: async (ms) => {
      now += ms;
      // As in a browser, what waits lets others have their turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  });
  return { player, did, states };
}

describe('A scene', () => {
  it('begins with everything healed and nothing shown of it, and goes on step by step', async () => {
    const { player, did } = play();
    await player.start(sceneOf({ does: [{ do: 'start' }] }, { does: [{ do: 'join' }] }));
    assert.deepEqual([did, player.state()?.shown, player.state()?.phase], [['set up'], -1, 'ready']);
    await player.on();
    await player.on();
    assert.deepEqual(did, ['set up', 'start', 'join']);
    assert.ok(isOver(player.state()!));
    player.back();
    await player.on();
    assert.equal(player.state()?.shown, 1, 'the last step is only shown again');
    await player.on();
    assert.deepEqual([player.state(), did.at(-1)], [undefined, 'clean up'], 'after the last step it ends');
  });

  it('goes back without doing anything, and forward again without doing it again', async () => {
    const { player, did } = play();
    await player.start(sceneOf({ does: [{ do: 'start' }] }, {}));
    await player.on();
    player.back();
    player.back();
    assert.equal(player.state()?.shown, -1);
    await player.on();
    assert.deepEqual([player.state()?.shown, did], [0, ['set up', 'start']]);
  });

  it('waits until it is so, and says meanwhile what for', async () => {
    let looks = 0;
    const { player, states } = play({ look: () => (looks++, nothing) });
    await player.start(
      sceneOf({ until: { what: 'the third look', withinMs: 5000, isSo: () => looks >= 3, saw: () => '' } }),
    );
    await player.on();
    assert.equal(player.state()?.phase, 'ready');
    assert.ok(states.some((state) => state?.phase === 'waiting' && state.waitsFor === 'the third look'));
  });

  it('ends a wait in vain with a sentence that says what was last seen, and goes on all the same', async () => {
    const { player } = play();
    const wait = { what: 'rain', withinMs: 3000, isSo: () => false, saw: () => 'sun' };
    await player.start(sceneOf({ until: wait }, {}));
    await player.on();
    assert.deepEqual(
      [player.state()?.phase, player.state()?.complaint],
      ['failed', 'Waited 3 s for rain. Last seen: sun.'],
    );
    await player.on();
    assert.deepEqual([player.state()?.phase, player.state()?.complaint], ['ready', undefined]);
  });

  it('complains of what is not as it was said, and of what could not be done', async () => {
    const { player } = play({ act: () => Promise.reject(new Error('The API does not answer.')) });
    await player.start(sceneOf({ mustBe: () => 'Kafka: not accepted' }, { does: [{ do: 'start' }] }));
    await player.on();
    assert.equal(player.state()?.complaint, 'Kafka: not accepted');
    await player.on();
    assert.equal(player.state()?.complaint, 'The API does not answer.');
  });

  it('is left at any point: what is waited for is forgotten, and all is healed', async () => {
    const { player, did, states } = play();
    const never = { what: 'rain', withinMs: 1e9, isSo: () => false, saw: () => 'sun' };
    await player.start(sceneOf({ until: never }));
    const waiting = player.on();
    await until('it to wait', () => player.state()?.phase === 'waiting');
    await player.on();
    await player.leave();
    await waiting;
    assert.deepEqual([player.state(), states.at(-1), did], [undefined, undefined, ['set up', 'clean up']]);
  });

  it('gives way to the one that is to be played instead, once all was healed for it', async () => {
    const { player, did } = play();
    const again = { ...sceneOf({ does: [{ do: 'join' }] }), about: 'It was here before.' };
    await player.start({ ...sceneOf({}), instead: () => again });
    assert.deepEqual([player.state()?.scene.about, player.state()?.phase], [again.about, 'ready']);
    await player.on();
    assert.deepEqual(did, ['set up', 'join']);
  });

  it('can be begun anew while it waits: the first run changes nothing any more', async () => {
    const { player } = play();
    const never = { what: 'rain', withinMs: 1e9, isSo: () => false, saw: () => 'sun' };
    await player.start(sceneOf({ until: never }));
    const waiting = player.on();
    await player.start(sceneOf({}));
    await waiting;
    assert.deepEqual([player.state()?.shown, player.state()?.phase], [-1, 'ready']);
  });
});

describe('What a scene has selected', () => {
  /** Hands on a page that shows one of two groups, whose API has nothing to say. */
  function onPage(selected: string | null) {
    const store = createStore(0);
    const answer = { status: 200, afterMs: 1, ok: { faults: [], days: null } };
    const actions = createActions(store, async () => answer as never);
    const crowd = { ...newGroup('crowd-1', 3, null), isCrowd: true };
    store.change({ groups: [crowd, newGroup('g-2', 2, null), newGroup('g-1', 1, null)] });
    store.select(selected);
    return { store, hands: createHands(store, actions) };
  }

  it('gives way to what was selected before it, once it is left', async () => {
    const { store, hands } = onPage('g-1');
    await hands.setUp(sceneOf());
    assert.equal(store.page.selectedGroup, null);
    await hands.act({ do: 'start' });
    assert.equal(Object.keys(store.page.groups[0]!.requests).length, styles.length);
    await hands.cleanUp();
    assert.equal(store.page.selectedGroup, 'g-1');
  });

  it('gives way to the newest that is no crowd, where nothing was selected', async () => {
    const { store, hands } = onPage(null);
    await hands.setUp(sceneOf());
    await hands.cleanUp();
    assert.equal(store.page.selectedGroup, 'g-2');
  });

  it('leaves alone what was chosen meanwhile', async () => {
    const { store, hands } = onPage('g-1');
    await hands.setUp(sceneOf());
    store.select('g-2');
    await hands.cleanUp();
    assert.equal(store.page.selectedGroup, 'g-2');
  });
});
