/** Seconds since any moment. */
export type Clock = () => number;

/** Time as it passes. */
export const wallClock: Clock = () => performance.now() / 1000;

/** Seconds that an action takes: the middle one of several times, after one that does not count. */
export async function typicalSeconds(
  action: () => Promise<void>,
  repeats: number,
  clock: Clock = wallClock,
): Promise<number> {
  const times: number[] = [];
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const started = clock();
    await action();
    if (repeat > 0) times.push(clock() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
}
