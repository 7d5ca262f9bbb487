/** Scene: the mail server is slow, then silent. Two lanes keep their callers waiting; the others have answered, and catch up. */
import type { CrowdAnswers } from '../../domain/crowd.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { eachIs, firstOf, lanes, reportOf, untilCrowdIsAnswered, untilEach, waits } from './looking.ts';
import type { Scene, SceneView } from './scene.ts';

/** How late the mail server answers that is slow: see `mail-slow`. */
const slowByMs = 2000;

const doesNotWait = (style: Style) => !waits(style);

export const whoWaits: Scene = {
  name: 'who-waits',
  title: 'Who waits?',
  about: 'The mail server is slow, then silent: who stands at the counter, and who has left?',
  minutes: 2,
  onStageOnly: false,
  steps: [
    {
      say: 'The mail server answers 2 s late. The same person signs up in every lane.',
      notes:
        'Point at the answer at the top of each lane. Two callers stand at the counter until the mail has left. Four were answered as soon as their signup was kept.',
      does: [{ do: 'break', fault: 'mail-slow', forMs: 60_000 }, { do: 'start' }],
      until: untilEach('an answer in every lane', ({ answer }) => answer !== undefined, { withinMs: 30_000 }),
      mustBe: (view) =>
        firstOf(
          eachIs(
            view,
            waits,
            ({ answer }) => answer!.afterMs >= slowByMs,
            'answered before the mail had left',
          ),
          eachIs(
            view,
            doesNotWait,
            ({ answer }) => answer!.status === 202,
            'not answered at once that it was accepted',
          ),
        ),
    },
    {
      say: 'A crowd comes: 20 in each lane. In “crowd”, p50 says that half of those who wait do so for 2 s and more, with a thread for each or without.',
      notes:
        'While they wait, point at “threads” in the blocking lane: each waiting caller holds one. The reactive lane has none, and its callers wait all the same: compare “crowd” in both with the four others.',
      does: [
        { do: 'break', fault: 'mail-slow', forMs: 60_000 },
        { do: 'crowd', perStyle: 20, perSecond: 18 },
      ],
      until: untilCrowdIsAnswered(60_000),
      mustBe: (view) =>
        firstOf(
          inCrowd(view, waits, ({ p50Ms }) => (p50Ms ?? 0) >= slowByMs, 'half of the crowd did not wait'),
          inCrowd(view, doesNotWait, ({ p50Ms }) => (p50Ms ?? 0) < slowByMs, 'half of the crowd waited'),
        ),
    },
    {
      say: 'Now the mail server says nothing for ten seconds, and a crowd comes again. Callers of two lanes stand still until it speaks, or fail; those of the four others are answered.',
      notes:
        'Watch “threads” of the blocking lane fill up, one for each caller who waits, and “again” in the four lanes whose callers have left: their mails are tried again.',
      does: [
        { do: 'heal', fault: 'mail-slow' },
        { do: 'break', fault: 'mail-silent', forMs: 10_000 },
        { do: 'crowd', perStyle: 25, perSecond: 15 },
      ],
      until: untilCrowdIsAnswered(60_000),
      mustBe: heldUpOrServed,
    },
    {
      say: 'It answers again, and four lanes catch up by themselves. Compare “crowd” and “crowd failed”: in two lanes callers waited for seconds or failed, in four they were answered long before their mail left.',
      notes:
        'Point at “again”, which is 0 now: in four lanes callers were accepted while no mail could leave, and every mail has left since. In the two others, who is counted in “crowd failed” left or got a 503, and has to ask again with the same key.',
      does: [{ do: 'heal', fault: 'mail-silent' }],
      until: {
        what: 'nothing to be tried again any more in the lanes that do not wait',
        withinMs: 90_000,
        isSo: (view) => behind(view).length === 0,
        saw: (view) => `something is still tried again in ${lanes(behind(view))}`,
      },
      mustBe: heldUpOrServed,
    },
  ],
};

/** What is wrong where callers of lanes that wait have not noticed a silence, or others have; undefined where it is as said. */
function heldUpOrServed(view: SceneView): string | undefined {
  return firstOf(
    inCrowd(view, doesNotWait, isServed, 'more than one in ten were not accepted'),
    inCrowd(view, doesNotWait, ({ p50Ms }) => (p50Ms ?? 0) < slowByMs, 'half of the crowd waited'),
    inCrowd(view, waits, isHeldUp, 'nobody waited, and nobody was turned away'),
  );
}

/** Whether nearly all were accepted: a machine that is busy with six styles at once may leave one without an answer. */
function isServed({ asked, accepted }: CrowdAnswers): boolean {
  return accepted >= asked * 0.9;
}

/** Whether callers have noticed the silence: by a wait, or by leaving without being served. */
function isHeldUp({ failed, p99Ms }: CrowdAnswers): boolean {
  return failed > 0 || (p99Ms ?? 0) >= slowByMs;
}

/** The lanes whose callers have left and in which something is still to be tried again. */
function behind(view: SceneView): Style[] {
  return styles.filter((style) => !waits(style) && (reportOf(view, style)?.retrying ?? 0) > 0);
}

/** What is wrong where the crowd of some lanes did not see what is said; undefined where all did. */
function inCrowd(
  { crowd }: SceneView,
  of: (style: Style) => boolean,
  isSo: (seen: CrowdAnswers) => boolean,
  otherwise: string,
): string | undefined {
  const wrong = styles.filter((style) => {
    const seen = crowd?.byStyle[style];
    return of(style) && seen !== undefined && seen.asked > 0 && !isSo(seen);
  });
  return wrong.length === 0 ? undefined : `${lanes(wrong)}: ${otherwise}`;
}
