/** Scene: what nobody can read, in a queue, a stream, a topic, and as a workflow that no worker knows. The lanes go on. */
import { styles, type Style } from '../../domain/signup.ts';
import { traits } from '../../domain/styles.ts';
import { isDone, lanes, reportOf, untilEach } from './looking.ts';
import type { Scene, SceneView } from './scene.ts';

const isChain = (style: Style) => traits[style].mechanism === 'chain';

export const poison: Scene = {
  name: 'poison',
  title: 'Poison',
  about:
    'Half a message in a queue, a stream and a topic, and a workflow that no worker knows. What stands still?',
  minutes: 2,
  onStageOnly: true,
  steps: [
    {
      say: 'Half a message is put into the queue, the stream and the topic: “unreadable” counts one more in the queue, and two in each log, which two services read. A workflow that no worker knows is started, too.',
      notes:
        'Point at “unreadable”. The queue hands its message to one service, and the broker keeps it as a dead letter. Each service that reads a log sets the record aside in a row of its own. No lane shows the workflow: follow “Temporal UI” at the top, to the one whose type is “signup-from-the-future”.',
      does: [{ do: 'break', fault: 'poison', forMs: 60_000 }],
      until: {
        what: 'them to be set aside in each chain',
        withinMs: 60_000,
        isSo: (view) => notSetAside(view).length === 0,
        saw: (view) => `too little was set aside in ${lanes(notSetAside(view))}`,
      },
    },
    {
      say: 'The lanes go on: whoever signs up now is served in all of them.',
      notes:
        'The poisoned workflow is tried again and again beside the others: in the Temporal UI it is running, and its task fails each time. Nothing waits behind it.',
      does: [{ do: 'start' }],
      until: untilEach('the welcome to be recorded in every lane', isDone('recordNotified'), {
        withinMs: 60_000,
      }),
    },
    {
      say: 'Cleaning up takes a person, in each place its own way: a dead letter of the queue, two rows of each log, a workflow to terminate.',
      notes:
        'On a terminal: `npm run dead-letters -- list`, then `drop` with a name from it; `temporal workflow terminate --workflow-id` with the id. Heal does it all here.',
      does: [{ do: 'heal', fault: 'poison' }],
    },
  ],
};

/** By how many services a message of a chain is read, each of which sets it aside: a queue hands it to one, a log to both. */
const readers = (style: Style) => (traits[style].carrier === 'rabbitmq-queue' ? 1 : 2);

/** The chains in which less than that was set aside since the scene began. */
function notSetAside(view: SceneView): Style[] {
  const { before } = view;
  return styles.filter((style) => {
    const now = reportOf(view, style);
    if (!isChain(style) || now?.isHere === false) return false;
    return (now?.setAside ?? 0) < (reportOf({ report: before }, style)?.setAside ?? 0) + readers(style);
  });
}
