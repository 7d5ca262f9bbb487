/** Long steps say that they have begun, every few seconds that they are still at it, and how long they took. */

/** Runs a step; `say` gets a line at the start, one every ten seconds with `detail()`, and one at the end. */
export async function withProgress<T>(
  what: string,
  say: (line: string) => void,
  step: () => Promise<T>,
  detail: () => string = () => '',
): Promise<T> {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  say(`${what} …`);
  const ticking = setInterval(
    () => say(`${what} … ${[detail(), seconds()].filter(Boolean).join(', ')}`),
    10_000,
  );
  try {
    const result = await step();
    say(`${what}: done in ${seconds()}`);
    return result;
  } finally {
    clearInterval(ticking);
  }
}
