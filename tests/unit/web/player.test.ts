/** How a scene is played: what is done before, how it goes on and back, how waits end, and what leaving does. */
import { strict as assert } from 'node:assert';
import { until } from '../../../adapters/waiting.ts';
import { isOver, openPlayer, type Hands, type SceneState } from '../../../web/scenes/player.ts';
import type { Scene, SceneAction, SceneStep, SceneView } from '../../../web/scenes/scene.ts';

const nothing: SceneView = {
  report: undefined,
  before: undefined,
  signups: [],
  crowd: undefined,
  counted: undefined,
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
    await player.on();
    assert.equal(player.state()?.shown, 1, 'there is nothing after the last step');
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
    assert.deepEqual([player.state(), states.at(-1), did], [undefined, undefined, ['set up', 'set up']]);
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
