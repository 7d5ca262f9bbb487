/** What scenes claim: that each is satisfied by a stack that does as it says, and complains of one that does not. */
import { strict as assert } from 'node:assert';
import type { CrowdAnswers } from '../../../domain/crowd.ts';
import type { StackReport, StyleReport } from '../../../domain/report.ts';
import { styles, type Style } from '../../../domain/signup.ts';
import { forEachStyle } from '../../../domain/styles.ts';
import { lanes, untilEach, waits } from '../../../web/scenes/looking.ts';
import type { SceneView, SignupInScene } from '../../../web/scenes/scene.ts';
import { sceneNamed, scenes } from '../../../web/scenes/scenes.ts';

const done = { kind: 'done', attempts: 1 };
const once = {
  'sendEmail welcome': 1,
  'sendEmail reminder-1': 1,
  'sendEmail reminder-2': 1,
  'sendEmail reminder-3': 1,
};

const signupIn = (style: Style, more: Partial<SignupInScene> = {}): SignupInScene => ({
  id: style,
  style,
  status: 'pending',
  answer: waits(style) ? { status: 201, afterMs: 2100 } : { status: 202, afterMs: 20 },
  steps: new Map([['recordNotified', done]]),
  arrived: once,
  ...more,
});

const reportOn = (more: (style: Style) => Partial<StyleReport> = () => ({})): StackReport => ({
  styles: styles.map((style) => ({
    style,
    isHere: true,
    whyNot: null,
    counts: { opening: 0, pending: 8, activated: 0, refused: 0, expired: 0, undeliverable: 0, cancelled: 0 },
    notified: null,
    retrying: 0,
    parked: 0,
    unsent: 0,
    oldestUnsentMs: null,
    depth: 0,
    setAside: 0,
    threads: null,
    ...more(style),
  })),
  processes: null,
  faults: null,
  at: '2026-01-01T00:00:00.000Z',
});

const crowdThat = (answers: (style: Style) => Partial<CrowdAnswers>): SceneView['crowd'] => ({
  isRunning: false,
  group: 'crowd-1',
  count: 48,
  asked: 48,
  answered: 48,
  byStyle: forEachStyle((style) => ({
    asked: 8,
    accepted: 8,
    refused: 0,
    failed: 0,
    clicked: 0,
    p50Ms: waits(style) ? 2100 : 5,
    p99Ms: waits(style) ? 2100 : 9,
    lastFailure: null,
    ...answers(style),
  })),
});

const viewOf = (more: Partial<SceneView> = {}): SceneView => ({
  report: reportOn(),
  before: reportOn(),
  signups: styles.map((style) => signupIn(style)),
  crowd: crowdThat(() => ({})),
  counted: forEachStyle(() => 8),
  countedBefore: null,
  ...more,
});

/** What a step of a scene says to a view: whether its wait is over, and its complaint. */
function sees(
  name: string,
  index: number,
  view: SceneView,
  scene = sceneNamed(name)!,
): [boolean, string | undefined] {
  const { until, mustBe } = scene.steps[index]!;
  return [until?.isSo(view) ?? true, mustBe?.(view)];
}

const [isWell, nothing] = [true, undefined];

describe('Scenes', () => {
  for (const scene of scenes) {
    it(`have words for every step: ${scene.name}`, () => {
      for (const { say, notes, until } of scene.steps) {
        assert.match(say, /[.?!]$/);
        assert.match(notes, /[.?!]$/);
        assert.ok(!until || (until.withinMs <= 90_000 && until.saw(viewOf({ signups: [] })) !== ''));
      }
    });
  }

  it('need a stage where they break what only a stage can break', () => {
    const needing = scenes.filter(({ onStageOnly }) => onStageOnly).map(({ name }) => name);
    assert.deepEqual(needing, ['crash', 'poison']);
  });

  it('name the lanes in which something is missing', () => {
    const wait = untilEach('an answer', ({ answer }) => answer !== undefined, { withinMs: 1000 });
    const [first, second] = styles.map((style) => signupIn(style, { answer: undefined }));
    assert.equal(
      wait.saw(viewOf({ signups: [first!, second!] })),
      'not so in Blocking calls and Reactive calls',
    );
    assert.equal(wait.isSo(viewOf({ signups: [] })), false);
    assert.equal(lanes([]), 'no lane');
  });
});

describe('Who waits', () => {
  it('is content where two lanes wait for the mail and four do not', () => {
    assert.deepEqual(sees('who-waits', 0, viewOf()), [isWell, nothing]);
    assert.deepEqual(sees('who-waits', 1, viewOf()), [isWell, nothing]);
  });

  it('complains of a caller who did not wait, and of one who did', () => {
    const after = (afterMs: number) =>
      styles.map((style) => signupIn(style, { answer: { status: waits(style) ? 201 : 202, afterMs } }));
    assert.match(
      sees('who-waits', 0, viewOf({ signups: after(20) }))[1]!,
      /Blocking calls and Reactive calls: answered before/,
    );
  });

  it('waits until nothing is tried again, and complains of who was turned away', () => {
    const behind = reportOn((style) => ({ retrying: waits(style) ? 0 : 1 }));
    assert.equal(sees('who-waits', 3, viewOf({ report: behind }))[0], false);
    const turnedAway = crowdThat((style) => (waits(style) ? {} : { accepted: 7, failed: 1 }));
    assert.match(sees('who-waits', 3, viewOf({ crowd: turnedAway }))[1]!, /more than one in ten/);
  });

  it('goes on from the silence once all of the crowd are answered, as its numbers then show', () => {
    const coming = { ...crowdThat(() => ({}))!, isRunning: true };
    assert.equal(sees('who-waits', 2, viewOf({ crowd: coming }))[0], false);
    assert.deepEqual(sees('who-waits', 2, viewOf()), [isWell, nothing]);
    const unhurt = crowdThat(() => ({ p50Ms: 5, p99Ms: 9 }));
    assert.match(sees('who-waits', 2, viewOf({ crowd: unhurt }))[1]!, /nobody waited/);
    const allWait = crowdThat(() => ({ p50Ms: 2100, p99Ms: 9000 }));
    assert.match(sees('who-waits', 2, viewOf({ crowd: allWait }))[1]!, /Queues.*half of the crowd waited/);
  });
});

describe('The late subscriber', () => {
  const counted = (queue: number, others: number) =>
    forEachStyle((style) => (style === 'choreography' ? queue : others));

  it('finds nothing of the past in the queue, and all of it elsewhere', () => {
    const early = reportOn(() => ({ counts: { ...reportOn().styles[0]!.counts!, pending: 5 } }));
    assert.deepEqual(sees('late-subscriber', 1, viewOf({ report: early, counted: counted(0, 5) })), [
      isWell,
      nothing,
    ]);
    assert.deepEqual(sees('late-subscriber', 2, viewOf({ counted: counted(3, 8) })), [isWell, nothing]);
  });

  it('waits for those who came since, and complains of a queue that knows those before', () => {
    assert.equal(sees('late-subscriber', 2, viewOf({ counted: counted(3, 7) }))[0], false);
    assert.match(
      sees('late-subscriber', 2, viewOf({ counted: counted(8, 8) }))[1]!,
      /Queues: 8 are counted, though 5 of 8 came before/,
    );
  });
});

describe('The late subscriber, played again', () => {
  const all = (count: number) => forEachStyle(() => count);
  const scene = sceneNamed('late-subscriber')!;
  const again = scene.instead!(viewOf({ counted: all(8) }))!;

  it('is another scene, which says so, and how the first time comes back', () => {
    assert.equal(scene.instead!(viewOf({ counted: null })), undefined);
    assert.equal(scene.instead!(viewOf({ counted: undefined })), undefined);
    assert.deepEqual([again.name, again.steps.length], [scene.name, scene.steps.length]);
    assert.match(again.about, /was here before.*`npm start -- --fresh`/);
    for (const { say, notes } of again.steps) assert.match(`${say} ${notes}`, /^[^`]+[.?!] .+[.?!]$/s);
  });

  it('waits in every lane for those who came while it was away', () => {
    const seesAgain = (index: number, count: number) =>
      sees(scene.name, index, viewOf({ countedBefore: all(8), counted: all(count) }), again);
    assert.equal(seesAgain(1, 12)[0], false);
    assert.equal(seesAgain(1, 13)[0], true);
    assert.equal(seesAgain(2, 15)[0], false);
    assert.equal(seesAgain(2, 16)[0], true);
  });
});

describe('A week', () => {
  const last = sceneNamed('week')!.steps.length - 1;
  const ended = (style: Style) =>
    signupIn(style, {
      status: style === 'choreography' ? 'activated' : 'expired',
      arrived: style === 'choreography' ? once : { ...once, 'sendEmail expired': 1 },
    });

  it('is content where the one that was clicked is active and the others are closed', () => {
    assert.deepEqual(sees('week', last, viewOf({ signups: styles.map(ended) })), [isWell, nothing]);
  });

  it('complains of a reminder that is missing or came twice', () => {
    for (const times of [0, 2]) {
      const arrived = { ...once, 'sendEmail reminder-2': times };
      const signups = styles.map((style) => ({ ...ended(style), arrived }));
      assert.match(sees('week', last, viewOf({ signups }))[1]!, /not reminded each time/);
    }
  });
});

describe('Crash and poison', () => {
  it('crash waits for a mail that arrives twice, and complains of one that is lost or comes three times', () => {
    const arriving = (times: number) =>
      styles.map((style) =>
        signupIn(style, { arrived: { 'sendEmail welcome': times }, answer: { status: 201, afterMs: 9 } }),
      );
    assert.equal(sees('crash', 2, viewOf({ signups: arriving(1) }))[0], false);
    assert.deepEqual(sees('crash', 2, viewOf({ signups: arriving(2) })), [isWell, nothing]);
    assert.match(sees('crash', 2, viewOf({ signups: arriving(0) }))[1]!, /the mail is lost/);
    assert.match(sees('crash', 2, viewOf({ signups: arriving(3) }))[1]!, /more than one duplicate/);
  });

  it('poison waits until each service that reads it has set it aside: one of a queue, two of a log', () => {
    const setAside = (queue: number, logs: number) =>
      viewOf({ report: reportOn((style) => ({ setAside: style === 'choreography' ? queue : logs })) });
    assert.equal(sees('poison', 0, setAside(0, 2))[0], false);
    assert.equal(sees('poison', 0, setAside(1, 1))[0], false);
    assert.equal(sees('poison', 0, setAside(1, 2))[0], true);
  });
});
