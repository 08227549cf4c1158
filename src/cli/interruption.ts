import { setMaxListeners } from 'node:events';
import { exitCodes } from '../diagnostics/exit-codes.js';
import { outlivesTerminal } from './hangup.js';

/** Milliseconds from the second signal until the process ends, whatever it is doing. */
const graceMilliseconds = 2000;

/** What the user's signals ask for. */
export interface Interruption {
  readonly stop: AbortSignal;
  readonly kill: AbortSignal;
  /** Listens no more. */
  readonly end: () => void;
}

/**
 * Listens for the user's signals: the first one asks the run to stop, the second to stop at once.
 * @param options.leaves what is done goes on without this process: only Ctrl-C stops it, and a terminal that goes ends this process alone
 */
export function listenForSignals({ leaves = false }: { readonly leaves?: boolean } = {}): Interruption {
  const stop = new AbortController();
  // Each request that is open listens to it, of which Node would warn from the eleventh on.
  setMaxListeners(0, stop.signal);
  const kill = new AbortController();
  const onSignal = () => {
    if (!stop.signal.aborted) return stop.abort();
    kill.abort();
    // What waits on a disk that does not answer never ends by itself. The worker ends with this process.
    setTimeout(() => process.exit(exitCodes.interrupted), graceMilliseconds).unref();
  };
  const all = ['SIGINT', 'SIGTERM', ...(outlivesTerminal() ? [] : (['SIGHUP'] as const))] as const;
  const signals = leaves ? (['SIGINT'] as const) : all;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    stop: stop.signal,
    kill: kill.signal,
    end: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
