import { readFileSync } from 'node:fs';

/**
 * Milliseconds since some moment, without those in which the main thread was ready and other programs had the processor:
 * what passes between two turns of the event loop on this clock is this process's own doing, whatever else the machine does.
 * Linux: /proc/<pid>/task/<pid>/schedstat, sched-stats.rst: the 2nd field is the time spent waiting on a run queue, in ns.
 */
export function turnMilliseconds(): number {
  let waited = 0;
  try {
    waited = Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1').split(' ')[1]) / 1e6;
  } catch {
    // Elsewhere the wall clock must do.
  }
  return performance.now() - waited;
}
