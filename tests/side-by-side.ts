/** Tests that mostly wait, played at the same time. */

/**
 * Gives an `it` for one `describe`: when the first of its tests is due, all begin, and each is then shown with its own result.
 * For tests that are kept apart by unique addresses and break nothing that another needs.
 */
export function itSideBySide(): (title: string, test: () => Promise<unknown>) => Mocha.Test {
  const tests: (() => Promise<unknown>)[] = [];
  let results: Promise<{ error?: unknown }>[] | undefined;
  return (title, test) => {
    const index = tests.push(test) - 1;
    return it(title, async () => {
      results ??= tests.map((each) =>
        each().then(
          () => ({}),
          (error: unknown) => ({ error }),
        ),
      );
      const result = await results[index]!;
      if ('error' in result) throw result.error;
    });
  };
}
