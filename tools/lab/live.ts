/** `npm run stage`: what `npm start` starts, in the foreground, with more that can be broken while it runs. */
import { runInForeground } from '../platform/foreground.ts';
import { prepareStage } from './live-stack.ts';

await runInForeground({
  called: 'npm run stage --',
  description:
    'Starts what `npm start` starts, over the same state folder and attaching to nothing, with more that can be broken while it runs: the ways to them are cut, a process dies at a line, something is put where nobody can read it. The page and `npm run faults` break and heal it. Ctrl-C stops it.',
  besides(environment, say) {
    const { options, close } = prepareStage(environment, say);
    process.once('exit', () => void close());
    return options;
  },
});
