/** Scene: notifications dies between the mail server's yes and its own record of it: the one window that no style closes. */
import { sendStep } from '../../domain/process.ts';
import { styles, type Style } from '../../domain/signup.ts';
import { eachIs, firstOf, isDone, lanes, untilEach, waits } from './looking.ts';
import type { Scene, SceneView, SignupInScene } from './scene.ts';

const welcome = sendStep('email', 'welcome');
const times = ({ arrived }: SignupInScene) => arrived[welcome] ?? 0;
const doesNotWait = (style: Style) => !waits(style);
const isTwice = ({ signups }: SceneView) => signups.some((signup) => times(signup) > 1);

/** The lanes whose callers wait, and have no answer of 201 yet. */
function unserved({ signups }: SceneView): Style[] {
  return signups.flatMap(({ style, answer }) => (waits(style) && answer?.status !== 201 ? [style] : []));
}

export const crash: Scene = {
  name: 'crash',
  title: 'Crash after sending',
  about: 'Notifications dies once a welcome mail has left, before it is recorded. Who sends it again?',
  minutes: 2,
  onStageOnly: true,
  steps: [
    {
      say: 'The same person signs up in every lane, and notifications dies at one line: the mail server has taken a welcome mail, and nothing is written down yet.',
      notes:
        'No style can close this window: the process does not know any more whether the mail has left. To send again may send twice, not to may lose it. All six send again.',
      does: [{ do: 'break', fault: 'crash-before-record', forMs: 60_000 }, { do: 'start' }],
      until: untilEach('an answer in every lane', ({ answer }) => answer !== undefined, { withinMs: 60_000 }),
    },
    {
      say: 'It was started again. In four lanes nobody has to do anything: the mail that was in hand is sent again, and the signup goes on.',
      notes:
        'Point at ×2, where it is: the mail had left, and no record says so. In the chain the message was not acknowledged, in the workflow the heartbeat stopped.',
      until: untilEach('the welcome to be recorded in the lanes that do not wait', isDone('recordNotified'), {
        withinMs: 60_000,
        of: doesNotWait,
      }),
    },
    {
      say: 'Who waited got a 503, unless the mail was recorded before. The caller asks again with the same key, and is served.',
      notes:
        'The key is what makes the repetition safe: the account is the same, and of the messages only what has no record is sent.',
      does: [{ do: 'repeat', styles: styles.filter(waits) }],
      until: {
        what: 'an answer of 201 to those who waited, and for the mail that was in hand to arrive again',
        withinMs: 60_000,
        isSo: (view) => isTwice(view) && unserved(view).length === 0,
        saw: (view) =>
          unserved(view).length > 0
            ? `no 201 in ${lanes(unserved(view))}`
            : `${view.signups.reduce((all, signup) => all + times(signup), 0)} welcome mails for ${view.signups.length} signups`,
      },
      mustBe: (view) =>
        firstOf(
          eachIs(
            view,
            () => true,
            (signup) => times(signup) >= 1,
            'the mail is lost',
          ),
          eachIs(
            view,
            () => true,
            (signup) => times(signup) <= 2,
            'one crash cost more than one duplicate',
          ),
        ),
    },
  ],
};
