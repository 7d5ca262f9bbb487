// How a signup goes on, in a sentence for the start page. Of what waits and what is in trouble, only the latter has been tried in vain.

/** `text` for a signup and its history, whether it is `inTrouble`, and whether it `ended`. */
export function tell({ email, style, status, outcome, notified, parked }, history) {
  const whose = `${email}, ${style}`;
  if (outcome) return { text: `${whose}: ${outcome}.`, inTrouble: false, ended: true };
  const trouble = [
    ...parked.map(
      ({ step, attempts, lastError }) => `${step} is parked after ${tries(attempts)}, ${lastError}`,
    ),
    ...history
      .filter(({ kind }) => kind === 'retrying')
      .map(
        ({ step, attempts, detail }) =>
          `${step} failed ${tries(attempts, 'time')} and is tried again, ${detail}`,
      ),
  ];
  if (trouble.length > 0) {
    return { text: `${whose}: ${status}, in trouble: ${trouble.join('; ')}.`, inTrouble: true, ended: false };
  }
  const reached = Object.entries(notified).map(([channel, result]) => `${channel} ${result}`);
  const waits = notified.email
    ? `notified (${reached.join(', ')}), waits for the click`
    : 'waits for its first messages to leave';
  return { text: `${whose}: ${status}, ${waits}.`, inTrouble: false, ended: false };
}

function tries(attempts, word = 'try') {
  if (attempts === 1) return `1 ${word}`;
  return `${attempts} ${word === 'try' ? 'tries' : `${word}s`}`;
}
