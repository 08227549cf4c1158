/**
 * The four experiments of the toy profile, one after the other in a store of their own, each twice, on the adapter of
 * RUNFLOW_ADAPTER: node dist/test/bench/experiments.js
 * Wall time of the whole command, steps run and steps that were there already.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../src/run/events.js';

const folder = mkdtempSync(join(tmpdir(), 'runflow-experiments-'));
for (const experiment of [1, 2, 3, 4]) {
  for (const time of ['first', 'again']) {
    const argv = ['bin/runflow.js', 'run', `workflows/exp${experiment}.yaml`, '--json'];
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...argv, '--store', join(folder, 'store'), '--out', join(folder, `exp${experiment}`)],
      { encoding: 'utf8', maxBuffer: 2 ** 30 },
    );
    const seconds = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(`exp${experiment} ended with ${status}: ${stdout.slice(-2000)}${stderr}`);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    const summary = events.at(-1)!;
    if (summary.type !== 'summary') throw new Error(`exp${experiment}: the last event is no summary`);
    const device = events.find((event) => event.type === 'device');
    const on = device?.type === 'device' ? ` on ${device.adapter}` : '';
    console.log(
      `exp${experiment} ${time}: ${seconds.toFixed(1)} s, ${summary.ran} steps run, ${summary.cached} cached${on}`,
    );
  }
}
rmSync(folder, { recursive: true });
