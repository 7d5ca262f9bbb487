/** The scenes at the foot of the page, the notes to them in a second window, and what both windows tell each other. */
import { strict as assert } from 'node:assert';
import { faultNames, faults } from '../../../domain/faults.ts';
import type { StackReport } from '../../../domain/report.ts';
import { h } from '../../../web/components/h.ts';
import { render } from '../../../web/components/render.ts';
import { SceneFoot } from '../../../web/scenes/bar.ts';
import { notedOf, shareNotes, type Channel, type Told } from '../../../web/scenes/notes-channel.ts';
import { Notes } from '../../../web/scenes/notes.ts';
import type { Player, SceneState } from '../../../web/scenes/player.ts';
import { whyNot } from '../../../web/scenes/playing.ts';
import type { SceneView } from '../../../web/scenes/scene.ts';
import { scenes, sceneNamed } from '../../../web/scenes/scenes.ts';
import { stateWhenWell } from './faults.ts';

const scene = sceneNamed('week')!;
const beginning: SceneState = {
  scene,
  shown: -1,
  reached: -1,
  phase: 'ready',
  waitsFor: undefined,
  complaint: undefined,
  startedAtMs: 0,
};
const ignored = () => {};

const report: StackReport = {
  styles: [],
  processes: null,
  faults: faultNames.map((name) => stateWhenWell(name, !faults[name].onStageOnly)),
  at: '2026-01-01T00:00:00.000Z',
};
const view: SceneView = {
  report,
  before: undefined,
  signups: [],
  crowd: undefined,
  counted: undefined,
  countedBefore: undefined,
};

function foot(state: SceneState | undefined, seen = view): string {
  const choices = scenes.map((each) => ({ scene: each, whyNot: whyNot(each, seen) }));
  const acts = { onStart: ignored, onOn: ignored, onBack: ignored, onLeave: ignored };
  return render(h(SceneFoot, { state, choices, ...acts }));
}

describe('The foot of the page', () => {
  it('offers every scene, and says of those that need a stage by which command they can be played', () => {
    const html = foot(undefined);
    for (const { name } of scenes) assert.match(html, new RegExp(`data-scene="${name}"`));
    assert.equal(html.match(/Needs <code>npm run stage<\/code>/g)?.length, 2);
    assert.match(html, /data-scene="poison" aria-disabled="true"/);
    assert.match(html, /docs\/changing-the-process\.md/);
  });

  it('says what stands against a scene where nothing can be broken', () => {
    assert.equal(whyNot(sceneNamed('week')!, view), undefined);
    const alone = { ...view, report: { ...report, faults: null } };
    assert.match(whyNot(sceneNamed('who-waits')!, alone)!, /No supervisor/);
  });

  it('says of the scene that is played what it is about, each step, and what it waits for', () => {
    assert.match(foot(beginning), /Reminders after 24, 72 and 144 hours/);
    const waiting = { ...beginning, shown: 0, reached: 0, phase: 'waiting', waitsFor: 'rain' } as const;
    assert.match(foot(waiting), /data-shown="0" data-phase="waiting"/);
    assert.match(foot(waiting), /waits for rain/);
    assert.match(foot(waiting), /aria-disabled="true"[^>]*>Next/);
  });

  it('says what is not as it was said, and ends after the last step', () => {
    const last = scene.steps.length - 1;
    const failed = {
      ...beginning,
      shown: last,
      reached: last,
      phase: 'failed',
      complaint: 'Kafka: none',
    } as const;
    assert.match(foot(failed), /data-complaint="Kafka: none"/);
    assert.match(foot(failed), /data-over="true"/);
    assert.match(foot(failed), />End the scene</);
  });
});

describe('The notes', () => {
  it('show what is said, what to point at, what comes next, and the time', () => {
    const noted = notedOf({ ...beginning, shown: 0, reached: 0 });
    const html = render(h(Notes, { noted, nowMs: 65_000, onDo: ignored }));
    assert.match(html, /step 1 of \d+, 1:05 of 2:00/);
    assert.match(html, /the workflow sleeps in a loop/);
    assert.match(html, /24 hours pass/);
    assert.match(render(h(Notes, { noted: undefined, nowMs: 0, onDo: ignored })), /No scene is played/);
  });

  it('follow the page, and lead it', () => {
    let state: SceneState | undefined;
    const did: string[] = [];
    const player: Player = {
      state: () => state,
      start: async () => {},
      on: async () => void did.push('on'),
      back: () => void did.push('back'),
      leave: async () => void did.push('leave'),
    };
    const told: Told[] = [];
    let hear: (event: { data: Told }) => void = ignored;
    const channel: Channel = {
      postMessage: (message) => void told.push(structuredClone(message)),
      addEventListener: (_, listener) => void (hear = listener),
    };
    const { changed, rest, go } = shareNotes(player, channel);
    changed();
    assert.equal(told.length, 1, 'what has not changed is not told again');
    hear({ data: { kind: 'ask' } });
    assert.equal(told.length, 1, 'another page may play a scene');
    state = beginning;
    changed();
    hear({ data: { kind: 'ask' } });
    assert.deepEqual(
      told.map((each) => each.kind === 'scene' && each.noted?.title),
      [undefined, scene.title, scene.title],
    );
    for (const what of ['on', 'back', 'leave'] as const) hear({ data: { kind: 'do', what } });
    assert.deepEqual(did, ['on', 'back', 'leave']);
    told.length = 0;
    rest();
    changed();
    hear({ data: { kind: 'ask' } });
    assert.deepEqual(told, [{ kind: 'scene', noted: undefined }], 'a page that goes away plays nothing');
    go();
    assert.equal(told.length, 2, 'it is there again');
  });
});
