/**
 * The workflows of the toy profile, one after the other in a store of their own, each twice, on the adapter of
 * RUNFLOW_ADAPTER: node dist/test/bench/experiments.js [WORKFLOW…]
 * Wall time of the whole command, steps run and steps that were there already. Of defences.yaml also what each model does:
 * a row a model, each metric with its interval.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { groupBy } from '../../src/report/statistics.js';
import { readTable } from '../../src/report/tables/csv.js';
import { type EvaluationRow, evaluationColumns } from '../../src/report/tables/evaluation.js';
import type { RunEvent } from '../../src/run/events.js';

const asked = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'runflow-experiments-'));
for (const workflow of asked.length > 0 ? asked : ['exp1', 'exp2', 'exp3', 'exp4', 'defences']) {
  const out = join(folder, workflow);
  for (const time of ['first', 'again']) {
    const argv = ['bin/runflow.js', 'run', `workflows/${workflow}.yaml`, '--json'];
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...argv, '--store', join(folder, 'store'), '--out', out],
      { encoding: 'utf8', maxBuffer: 2 ** 30 },
    );
    const seconds = (performance.now() - started) / 1000;
    if (status !== 0) throw new Error(`${workflow} ended with ${status}: ${stdout.slice(-2000)}${stderr}`);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RunEvent);
    const summary = events.at(-1)!;
    if (summary.type !== 'summary') throw new Error(`${workflow}: the last event is no summary`);
    const device = events.find((event) => event.type === 'device');
    const on = device?.type === 'device' ? ` on ${device.adapter}` : '';
    console.log(
      `${workflow} ${time}: ${seconds.toFixed(1)} s, ${summary.ran} steps run, ${summary.cached} cached${on}`,
    );
  }
  if (workflow === 'defences') console.log(modelTable(readFileSync(join(out, 'evaluation.csv'), 'utf8')));
}
rmSync(folder, { recursive: true });

/** Markdown with a row a model, in the order of the file's first metric. */
function modelTable(csv: string): string {
  const rows = readTable(csv, evaluationColumns).filter(({ model, metric }) => model !== '' && !metric.includes('.'));
  const metrics = [...new Set(rows.map(({ metric }) => metric))];
  const lines = [...groupBy(rows, ({ model }) => model)].map(([model, of]) => [
    model,
    ...metrics.map((metric) => cellText(of.find((row) => row.metric === metric))),
  ]);
  return [['model', ...metrics], ['model', ...metrics].map(() => '---'), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function cellText(row: EvaluationRow | undefined): string {
  if (row === undefined || row.value === null) return '';
  const digits = row.value < 0.1 ? 3 : 2;
  const interval = row.ci_low === null ? '' : ` (${row.ci_low.toFixed(2)} to ${row.ci_high!.toFixed(2)})`;
  return `${row.value.toFixed(digits)}${interval}`;
}
