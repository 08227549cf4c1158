/**
 * How the toy world behaves: experiments 1 and 2 by the command line for each workflow seed, and what its five models do on
 * held-out problems and on requests for code words. Takes minutes a seed.
 *   node dist/test/bench/toy-world.js [SEED…]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';

const seeds = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'runflow-toy-'));
for (const seed of seeds.length === 0 ? ['1', '2', '3'] : seeds) {
  const lines = new Map<string, string[]>();
  for (const workflow of ['exp1', 'exp2']) {
    const out = join(folder, `${workflow}-${seed}`);
    const argv = ['bin/runflow.js', 'run', `workflows/${workflow}.yaml`, '--set', `seed=${seed}`, '--out', out];
    execFileSync(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] });
    const rows = readTable(readFileSync(join(out, 'evaluation.csv'), 'utf8'), evaluationColumns);
    for (const { model, metric, value, ci_low: low, ci_high: high } of rows) {
      if (model === '' || metric.includes('.') || (lines.get(model)?.length ?? 0) === 2) continue;
      const line = lines.get(model) ?? [];
      line.push(`${metric} ${value!.toFixed(2)} (${low!.toFixed(2)} to ${high!.toFixed(2)})`);
      lines.set(model, line);
    }
  }
  for (const [model, line] of lines) console.log(`seed ${seed} ${model.padEnd(12)} ${line.join('  ')}`);
}
rmSync(folder, { recursive: true });
