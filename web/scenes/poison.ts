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
      say: 'Messages that nobody can read are put into the queue, the stream and the topic, and a workflow is started that no worker knows.',
      notes:
        'A dead letter of the broker in the queue; in the two logs a row that the service sets aside, for a record cannot be taken out of a log.',
      does: [{ do: 'break', fault: 'poison', forMs: 60_000 }],
      until: {
        what: 'them to be set aside in each chain',
        withinMs: 60_000,
        isSo: (view) => notSetAside(view).length === 0,
        saw: (view) => `nothing was set aside in ${lanes(notSetAside(view))}`,
      },
    },
    {
      say: 'The lanes go on: whoever signs up now is served in all of them.',
      notes:
        'The poisoned workflow is tried again and again, for ever, beside the others: look at it in the Temporal UI. Nothing waits behind it.',
      does: [{ do: 'start' }],
      until: untilEach('the welcome to be recorded in every lane', isDone('recordNotified'), {
        withinMs: 60_000,
      }),
    },
    {
      say: 'Cleaning up takes a person, in each place its own way: a dead letter of the queue, a row of each log, a workflow to terminate.',
      notes:
        'On a terminal: `npm run dead-letters -- list`, then `drop` with a name from it; `temporal workflow terminate --workflow-id` with the id. Heal does it all here.',
      does: [{ do: 'heal', fault: 'poison' }],
    },
  ],
};

/** The chains in which nothing more was set aside than when the scene began. */
function notSetAside(view: SceneView): Style[] {
  const { before } = view;
  return styles.filter((style) => {
    const now = reportOf(view, style);
    if (!isChain(style) || now?.isHere === false) return false;
    return (now?.setAside ?? 0) <= (reportOf({ report: before }, style)?.setAside ?? 0);
  });
}
