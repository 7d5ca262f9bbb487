/** What the drawer of a step tells: what happened there, which event caused it, where else to look, and what can be done about it. */
import { strict as assert } from 'node:assert';
import { faultNames, faults, type FaultState } from '../../../domain/faults.ts';
import type { HistoryEntry } from '../../../domain/history.ts';
import type { Style } from '../../../domain/signup.ts';
import { h } from '../../../web/components/h.ts';
import { render } from '../../../web/components/render.ts';
import { StepDrawer, type Source } from '../../../web/panels/step-drawer.ts';
import { crashesHere, storyOf } from '../../../web/panels/step-story.ts';
import { signupUnseen, withEntry, type Entry, type SignupSeen } from '../../../web/seen.ts';
import { entryOf } from './entries.ts';
import { stateWhenWell } from './faults.ts';

const welcome = 'sendEmail welcome';

function toldOf(id: number, style: Style, more: Partial<Entry>): Entry {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, id)).toISOString();
  return entryOf({
    id,
    signupId: 's-1',
    style,
    step: welcome,
    kind: 'done',
    at,
    source: 'notifications',
    ...more,
  });
}

function signupOf(
  style: Style,
  entries: readonly Partial<Entry>[],
  history: HistoryEntry[] = [],
): SignupSeen {
  const seen = entries.reduce<SignupSeen>(
    (signup, more, index) => withEntry(signup, toldOf(index + 1, style, more)),
    signupUnseen('s-1', style, 0, 'g-1'),
  );
  return { ...seen, history };
}

const byChain = signupOf('choreography', [
  { step: 'openAccount', event: 'account.opened', source: 'accounts' },
  { kind: 'retrying', detail: '451 try <later>' },
  { attempts: 2, event: 'message.sent', causationId: 'event-1' },
]);

const row: HistoryEntry = {
  at: '2026-01-01T00:00:05.000Z',
  kind: 'running',
  step: welcome,
  attempts: 3,
  detail: null,
  source: 'history',
};

const stage = faultNames.map((name) => stateWhenWell(name));
const links = {
  workflow: (id: string) => `http://ui/workflows/signup-${id}`,
  rabbitmq: 'http://rabbitmq:15672/',
};
const ignored = () => {};

function show(
  signup: SignupSeen,
  {
    step = welcome,
    source,
    states = [],
  }: { step?: string; source?: Source | string; states?: FaultState[] } = {},
) {
  const acts = { onClose: ignored, onStep: ignored, onResume: ignored, onForward: ignored, onCrash: ignored };
  return render(h(StepDrawer, { signup, step, source, faults: states, links, ...acts }));
}

describe('The drawer of a step', () => {
  it('tells every attempt in its order, with its error as text', () => {
    const { happenings } = storyOf(byChain, welcome);
    assert.deepEqual(
      happenings.map(({ kind, attempts }) => [kind, attempts]),
      [
        ['retrying', 1],
        ['done', 2],
      ],
    );
    assert.match(show(byChain), /451 try &lt;later/);
  });

  it('names the event, and leads to the step that caused it', () => {
    assert.deepEqual(storyOf(byChain, welcome).because, {
      event: 'message.sent',
      eventId: 'event-3',
      causationId: 'event-1',
      cause: { step: 'openAccount', event: 'account.opened' },
    });
    assert.match(show(byChain), /data-cause="openAccount"[^>]*>account\.opened, at openAccount</);
  });

  it('says where an event comes from a request, or from what is no step', () => {
    assert.match(show(byChain, { step: 'openAccount' }), /a request/);
    const strange = signupOf('choreography', [{ event: 'message.sent', causationId: 'unknown' }]);
    assert.match(show(strange), /an event that is no step of this signup/);
  });

  it('shows the row of a workflow’s history, and the way to the Temporal UI', () => {
    const html = show(signupOf('orchestration', [{}], [row]));
    assert.match(html, /A row of the history that Temporal keeps/);
    assert.match(html, /href="http:\/\/ui\/workflows\/signup-s-1"/);
    assert.match(html, /data-kind="running"/);
  });

  it('says of calls that no event told it, and of queues where RabbitMQ shows them', () => {
    assert.match(show(signupOf('synchronous-blocking', [{}])), /A call of the process, and no event/);
    assert.match(show(byChain), /href="http:\/\/rabbitmq:15672\/#\/queues"/);
    assert.doesNotMatch(show(signupOf('stream-kafka', [{}])), /href=/);
  });

  it('gives no reason for what still waits', () => {
    const waiting = { ...row, kind: 'waiting' as const, step: 'click' };
    assert.doesNotMatch(show(signupOf('stream-kafka', [{}], [waiting]), { step: 'click' }), /Why|no event/);
  });

  it('offers to resume what is parked, and nothing else', () => {
    const parked = { ...row, kind: 'parked' as const };
    assert.match(show(signupOf('choreography', [], [parked])), />Resume</);
    assert.doesNotMatch(show(byChain), />Resume</);
  });

  it('shows the lines of code, that they are looked up, or why there are none', () => {
    const source = { file: 'choreography/notifications.ts', firstLine: 12, lines: 'if (a < b) send();' };
    assert.match(show(byChain, { source }), /choreography\/notifications\.ts, from line 12/);
    assert.match(show(byChain, { source }), /if \(a &lt; b\) send/);
    assert.match(show(byChain), /Looking it up/);
    assert.match(show(byChain, { source: 'There is none.' }), /There is none\./);
  });

  it('offers the crash points of a step where they can be armed', () => {
    const at = (step: string) => crashesHere(step, stage).map(({ name }) => name);
    assert.deepEqual(at(welcome), ['crash-before-send', 'crash-before-record']);
    assert.deepEqual(at('openAccount'), ['crash-before-answer']);
    assert.deepEqual(at('recordNotified'), []);
    assert.deepEqual(
      crashesHere(
        welcome,
        stage.map((state) => ({ ...state, isHere: false })),
      ),
      [],
    );
    assert.match(show(byChain, { states: stage }), /data-crash="crash-before-record"[^>]*>after sending</);
    assert.ok(faults['crash-before-record'].onStageOnly);
  });
});
