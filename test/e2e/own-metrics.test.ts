import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox }>('example of own metrics');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const example = fileURLToPath(new URL('../../../examples/own-metrics.yaml', import.meta.url));

test('a Python program scores responses, and a Node program weights', async ({ sandbox }) => {
  if (spawnSync('python3', ['--version']).status !== 0) return console.log('skipped: there is no python3');
  await sandbox.run([example, '--allow-commands', '--out', sandbox.path('out')]);
  const rows = readTable(await readFile(sandbox.path('out', 'evaluation.csv'), 'utf8'), evaluationColumns);
  assert.is(rows.length, 4 * 3);

  const lines = (await readFile(sandbox.path('out', 'items', 'style.jsonl'), 'utf8')).trimEnd().split('\n');
  const items = lines.map(
    (line) => JSON.parse(line) as { of: { model?: string }; response: string; score: number | null },
  );
  for (const model of ['base', 'aligned']) {
    const own = items.filter(({ of }) => of.model === model);
    const variety = own.flatMap(({ response }) => {
      const words = response.split(/\s+/).filter((word) => word !== '');
      return words.length === 0 ? [] : [new Set(words).size / words.length];
    });
    const row = rows.find((one) => one.metric === 'style' && one.model === model)!;
    assert.is(row.n, variety.length);
    assert.is(row.invalid, own.length - variety.length);
    assert.ok(Math.abs(row.value! - variety.reduce((sum, value) => sum + value, 0) / variety.length) < 1e-12);
    assert.ok(row.ci_low! < row.value! && row.value! < row.ci_high!);
    // A tenth of a standard deviation holds 8 % of a normal distribution.
    const small = rows.find((one) => one.metric === 'small' && one.model === model)!;
    assert.ok(small.value! > 0.05 && small.value! < 0.1, String(small.value));
  }
});

test.run();
