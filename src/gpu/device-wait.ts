const cell = new Int32Array(new SharedArrayBuffer(4));
const shortestSleepMilliseconds = 0.1;
const longestSleepMilliseconds = 4;

let waiting = 0;
/** Milliseconds of the next sleep. One chain of sleeps serves all who wait; a new wait makes it short again. */
let sleep = shortestSleepMilliseconds;
let chained = false;

/**
 * Awaits a promise of Dawn's. While one is pending, Dawn's Node binding polls the device on every turn of the event loop,
 * at full speed, which starves a GPU that is the same CPU; sleeping between the turns makes the device 1.5 times faster
 * there (measured by test/bench/gemm.ts). The turns go on, so timers and messages are served meanwhile.
 */
export async function waitForDevice<T>(promise: Promise<T>): Promise<T> {
  waiting++;
  sleep = shortestSleepMilliseconds;
  if (!chained) {
    chained = true;
    setImmediate(sleepBetweenTurns);
  }
  try {
    return await promise;
  } finally {
    waiting--;
  }
}

function sleepBetweenTurns(): void {
  chained = waiting > 0;
  if (!chained) return;
  Atomics.wait(cell, 0, 0, sleep);
  sleep = Math.min(sleep * 1.3, longestSleepMilliseconds);
  setImmediate(sleepBetweenTurns);
}
