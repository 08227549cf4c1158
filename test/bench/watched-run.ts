import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../src/run/events.js';
import type { Lag } from './lag-probe.js';
import { residentBytes } from './resident-bytes.js';

const binary = fileURLToPath(new URL('../../../bin/runflow.js', import.meta.url));
const probe = new URL('./lag-probe.js', import.meta.url).href;

/** What became of the steps of one kind. */
export interface KindFigures {
  steps: number;
  seconds: number;
  /** The longest time for which the worker's event loop did not turn, and in which step. */
  lag: Lag | undefined;
  /** Bytes of all processes together while a step of the kind ran; a software GPU's memory is among them. */
  peak: number;
}

export interface WatchedRun {
  readonly status: number | null;
  readonly kinds: ReadonlyMap<string, KindFigures>;
  readonly failures: readonly string[];
  readonly events: readonly RunEvent[];
}

/**
 * A command of runflow in a folder, with its store there. With `--json` tells every long step on the way.
 * @param onEvent may end the run by its second argument, as Ctrl-C would
 */
export async function watchedRun(
  folder: string,
  argv: readonly string[],
  onEvent: (event: RunEvent, interrupt: () => void) => void = () => undefined,
): Promise<WatchedRun> {
  const lags = join(folder, 'lags', String(Date.now()));
  mkdirSync(lags, { recursive: true });
  const child = spawn(process.execPath, [binary, ...argv], {
    cwd: folder,
    env: {
      ...process.env,
      RUNFLOW_STORE: join(folder, 'store'),
      RUNFLOW_STORE_LIMIT: 'none',
      RUNFLOW_LAG_FOLDER: lags,
      NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import ${probe}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const kinds = new Map<string, KindFigures>();
  const figures = (step: string) => {
    const kind = step.replace(/\[.*/s, '');
    const found = kinds.get(kind) ?? { steps: 0, seconds: 0, lag: undefined, peak: 0 };
    kinds.set(kind, found);
    return found;
  };
  const failures: string[] = [];
  const events: RunEvent[] = [];
  let running: string | undefined;
  const timer = setInterval(() => {
    if (running === undefined) return;
    const bytes = [...residentBytes(child.pid!).values()].reduce((sum, each) => sum + each, 0);
    figures(running).peak = Math.max(figures(running).peak, bytes);
  }, 250);
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const event = JSON.parse(line) as RunEvent;
    events.push(event);
    onEvent(event, () => child.kill('SIGINT'));
    if (event.type === 'step-started') running = event.step;
    if (event.type === 'step-failed') failures.push(`${event.step}: ${event.message}`);
    if (event.type !== 'step-finished') continue;
    figures(event.step).steps++;
    figures(event.step).seconds += event.seconds;
    if (event.seconds > 10) console.log(`  ${event.step}: ${event.seconds.toFixed(0)} s`);
  }
  const status = await ended;
  clearInterval(timer);
  for (const file of readdirSync(lags)) {
    for (const line of readFileSync(join(lags, file), 'utf8').trim().split('\n')) {
      const lag = JSON.parse(line) as Lag;
      const found = figures(lag.kind);
      if (lag.milliseconds > (found.lag?.milliseconds ?? 0)) found.lag = lag;
    }
  }
  return { status, kinds, failures, events };
}

/** A line a kind: steps, seconds, the worst lag, peak memory. */
export function figuresText({ kinds }: WatchedRun): string {
  const lines = [...kinds].map(([kind, { steps, seconds, lag, peak }]) =>
    [
      ...[kind.padEnd(18), String(steps).padStart(3), `${seconds.toFixed(1)} s`.padStart(10)],
      `${((lag?.milliseconds ?? 0) / 1000).toFixed(2)} s`.padStart(9),
      ...[`${(peak / 1e9).toFixed(2)} GB`.padStart(10), ` ${lag?.step ?? ''}`],
    ].join(' '),
  );
  return [`${'kind'.padEnd(18)} steps    seconds       lag  peak memory  worst lag in`, ...lines].join('\n');
}
