/**
 * `npm run signup -- COMMAND`: a thin client of the HTTP API. It decides nothing about signups: it asks, and shows what the API
 * answers.
 */
import {
  fastForwardSignups,
  listSignups,
  resumeSignups,
  showSignup,
  startSignups,
  verifySignups,
} from './signup-commands.ts';
import { showHistory, watchEvents } from './watching-commands.ts';
import { runProgram } from './program.ts';

await runProgram(
  {
    name: 'signup',
    summary: 'Signs up, clicks, and shows where a signup is and why, over the HTTP API.',
    details: [
      'A signup is named by its id, a beginning of that, its e-mail address, or `last`. The running stack is the one over DUET_HOME, or',
      '`.duet`. An API on another machine wants OPERATOR_TOKEN for what only operators may see and do. In a pipe use',
      '`npm run --silent signup -- …`: npm prints lines of its own otherwise. Exit codes: 0 well, 1 refused or failed, 2 wrong usage.',
    ].join('\n'),
  },
  [
    startSignups,
    showSignup,
    verifySignups,
    showHistory,
    resumeSignups,
    fastForwardSignups,
    listSignups,
    watchEvents,
  ],
);
