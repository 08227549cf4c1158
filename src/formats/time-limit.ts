import { setImmediate as nextTurn } from 'node:timers/promises';
import { createContext, Script } from 'node:vm';
import { DataError } from '../diagnostics/errors.js';

/** Milliseconds of processor time, far more than any honest text takes. */
const defaultMilliseconds = 5_000;

const call = new Script('run()');
const sandbox: { run: () => void } = { run: () => undefined };
const context = createContext(sandbox);

/**
 * Runs synchronous work that somebody else's pattern or template may keep going for ever, and stops it after a time: the
 * engine itself breaks off, in the middle of a regular expression too. The engine's clock goes on while other programs have
 * the processor: work that got too little of it begins again, with twice the time. The clock costs some 0.1 ms, so give it
 * many texts at once.
 * @param work may be broken off and called again
 * @param what names the pattern or template, asked only when time is up: `the pattern /(a+)+$/ on row 3`
 * @throws DataError when time is up; whatever `work` throws.
 */
export function withinTime<T>(work: () => T, what: () => string, milliseconds = defaultMilliseconds): T {
  for (let timeout = milliseconds; ; timeout *= 2) {
    const started = process.cpuUsage();
    try {
      return runFor(work, timeout);
    } catch (cause) {
      if ((cause as { code?: unknown } | null)?.code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw cause;
      const { user, system } = process.cpuUsage(started);
      if ((user + system) / 1000 < milliseconds) continue;
      throw new DataError(
        `${what()} was stopped after ${milliseconds / 1000} s of computing: it does not come to an end`,
        {
          cause,
          hint: 'Rewrite it so that no part of a text can be matched in many ways, or looped over without end.',
        },
      );
    }
  }
}

function runFor<T>(work: () => T, timeout: number): T {
  let result: { readonly value: T } | undefined;
  const outer = sandbox.run;
  sandbox.run = () => {
    result = { value: work() };
  };
  try {
    call.runInContext(context, { timeout });
  } finally {
    sandbox.run = outer;
  }
  return result!.value;
}

/** How long the event loop waits for its turn. */
const turnMilliseconds = 200;

/**
 * What `work` makes of every item, in their order, each within the time; the event loop gets its turns in between.
 * @param what names an item's pattern or template, as of `withinTime`
 * @param pause told now and then how many items are done, and waited for: whoever runs this shows signs of life and may stop it
 */
export async function mapWithinTime<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  what: (index: number) => string,
  pause: (done: number) => Promise<unknown> = () => nextTurn(),
): Promise<R[]> {
  const results: R[] = [];
  while (results.length < items.length) {
    if (results.length > 0) await pause(results.length);
    const until = performance.now() + turnMilliseconds;
    withinTime(
      () => {
        do results.push(work(items[results.length]!, results.length));
        while (results.length < items.length && performance.now() < until);
      },
      () => what(results.length),
    );
  }
  return results;
}
