/** Scene: statistics joins while the system runs. What it knows of the past is what each style has kept for it. */
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { firstOf, isCrowdAnswered, lanes, openedIn, reportOf, untilCrowdIsAnswered } from './looking.ts';
import type { Scene, SceneStep, SceneView, Wait } from './scene.ts';

/** How many sign up in each lane before it joins, and after. */
const earlier = 5;
const later = 3;

/** A queue keeps nothing for a listener that it does not know yet. */
const forgets = (style: Style) => traits[style].carrier === 'rabbitmq-queue';
const isHere = (view: SceneView) => (style: Style) => reportOf(view, style)?.isHere === true;

const scene = {
  name: 'late-subscriber',
  title: 'The late subscriber',
  minutes: 2,
  onStageOnly: false,
  hasCounts: true,
} as const;

/** The same for both: what is left once it has counted. */
const forgetting: SceneStep = {
  say: 'It can forget all it has read of logs, and read it again: the same counts, and no mail leaves.',
  notes:
    'On a terminal: `npm run statistics -- rebuild`. It is stopped now: what it has counted stays, and from now on its queue keeps what comes.',
  does: [{ do: 'leave' }],
};

/** The scene where statistics was here before: there is no first time any more, and it shows what being known changes. */
const again: Scene = {
  ...scene,
  about:
    'Statistics was here before: its queue keeps for it what comes while it is away. What this can still show is how it catches up. `npm start -- --fresh` begins with empty servers, and a first time.',
  steps: [
    {
      say: `Statistics is away, and ${earlier} people sign up in each lane. “statistics” at the foot of each lane stands still.`,
      notes: 'Point at “statistics” in the lanes: what it has counted stays there without it.',
      does: [{ do: 'leave' }, { do: 'crowd', perStyle: earlier, perSecond: 15 }],
      until: untilCrowdIsAnswered(60_000),
    },
    {
      say: 'Statistics comes back, and finds them in every lane. The queue has them, too: it knows statistics by now, and has kept them.',
      notes:
        'Compare “statistics” in the lanes. What was sent through the queue before its first time is still missing there.',
      does: [{ do: 'join' }],
      until: counts('those who came while it was away, in every lane', (style, view) =>
        since(view, style, earlier),
      ),
    },
    {
      say: `${later} more sign up in each lane, and are counted as they come.`,
      notes:
        '`npm run dead-letters -- retell 30d` would have the producers tell again what their outboxes still have, to every listener; all others know it by its id and do nothing.',
      does: [{ do: 'crowd', perStyle: later, perSecond: 15 }],
      until: counts('those who have come since, in every lane', (style, view) =>
        since(view, style, earlier + later),
      ),
    },
    forgetting,
  ],
};

export const lateSubscriber: Scene = {
  ...scene,
  about:
    'A service that counts signups joins while the system runs. What can it still find out about the past?',
  instead: ({ counted }) => (counted ? again : undefined),
  steps: [
    {
      say: `${earlier} people sign up in each lane. The service “statistics” does not exist yet.`,
      notes:
        'Nobody names it: not the chain, not the workflow, not the calls. It comes later, as services do.',
      does: [{ do: 'crowd', perStyle: earlier, perSecond: 15 }],
      until: untilCrowdIsAnswered(60_000),
    },
    {
      say: 'Statistics joins. A log, the histories of workflows and the list of signups still have the past. The queue has nothing for it.',
      notes:
        'Compare “statistics” at the foot of the lanes: so many are counted, of so many accounts. What a queue has handed out is gone. In the logs it reads from the first record on; of the workflow it asks for histories, of calls for the list.',
      does: [{ do: 'join' }],
      until: counts('those who signed up before it came, where the past was kept', (style) =>
        forgets(style) ? 0 : earlier,
      ),
      mustBe: forgotten,
    },
    {
      say: `${later} more sign up in each lane. From now on the queue tells it as well.`,
      notes:
        'Queues: “statistics” has three, and not the five before. `npm run dead-letters -- retell 30d` would have the producers tell again what their outboxes still have, to every listener; all others know it by its id and do nothing.',
      does: [{ do: 'crowd', perStyle: later, perSecond: 15 }],
      until: counts('those who have come since, in every lane', (style) =>
        forgets(style) ? later : earlier + later,
      ),
      mustBe: forgotten,
    },
    forgetting,
  ],
};

/** Waits until the crowd was answered, and statistics has counted so many of each style at least: others sign up as well. */
function counts(what: string, atLeast: (style: Style, view: SceneView) => number): Wait {
  const missing = (view: SceneView) =>
    styles.filter(isHere(view)).filter((style) => (view.counted?.[style] ?? -1) < atLeast(style, view));
  return {
    what: `statistics to count ${what}`,
    withinMs: 90_000,
    isSo: (view) => isCrowdAnswered(view) && missing(view).length === 0,
    saw: (view) =>
      view.counted ? `too few are counted in ${lanes(missing(view))}` : 'statistics counts nothing yet',
  };
}

/** How many are counted once so many have come since the scene began. */
function since({ countedBefore }: SceneView, style: Style, come: number): number {
  return (countedBefore?.[style] ?? 0) + come;
}

/** What is wrong where the queue has told of what was before, or another style has not; undefined where it is as said. */
function forgotten(view: SceneView): string | undefined {
  const { counted } = view;
  if (!counted) return 'Statistics counts nothing.';
  const complaint = (style: Style) => {
    const known = openedIn(reportOf(view, style));
    if (!forgets(style) || known === undefined || counted[style] <= known - earlier) return undefined;
    return `${lanes([style])}: ${counted[style]} are counted, though ${earlier} of ${known} came before`;
  };
  return firstOf(...styles.filter(isHere(view)).map(complaint));
}
