/**
 * Loaded into every process of a run by `--import`: measures for how long the event loop of the worker does not turn, and
 * tells every new worst lag of a kind of step as a line of a file in $RUNFLOW_LAG_FOLDER.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { Request } from '../../src/worker/protocol.js';
import { turnMilliseconds } from '../turn-clock.js';

export interface Lag {
  readonly kind: string;
  readonly step: string;
  /** Time between two turns of a timer of 10 ms, without that in which other programs had the processor. */
  readonly milliseconds: number;
}

const folder = process.env.RUNFLOW_LAG_FOLDER;
if (isMainThread && folder !== undefined && process.send !== undefined) {
  const worst = new Map<string, number>();
  let job: { readonly kind: string; readonly step: string } | undefined;
  let last = turnMilliseconds();
  process.on('message', (request: Request) => {
    if (request.type === 'execute') job = request.job;
  });
  setInterval(() => {
    const now = turnMilliseconds();
    const milliseconds = now - last;
    last = now;
    if (job === undefined || milliseconds <= (worst.get(job.kind) ?? 0)) return;
    worst.set(job.kind, milliseconds);
    const lag: Lag = { kind: job.kind, step: job.step, milliseconds };
    appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify(lag)}\n`);
  }, 10).unref();
}
