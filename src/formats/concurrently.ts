/**
 * Runs `work(0)` to `work(count − 1)`, at most `most` of them at a time, and waits for those that have begun.
 *
 * @throws the first error; no more work begins after it.
 */
export async function concurrently(
  count: number,
  most: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failure: { error: unknown } | undefined;
  const worker = async () => {
    while (next < count && failure === undefined) {
      try {
        await work(next++);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, count) }, worker));
  if (failure !== undefined) throw failure.error;
}
