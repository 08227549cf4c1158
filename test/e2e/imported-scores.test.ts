import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { evaluationColumns } from '../../src/report/tables/evaluation.js';
import { assertOneScreen, ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox }>('scores of others');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const example = (name: string) => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));

test('the scores of an outside classifier stand in the table with their intervals', async ({ sandbox }) => {
  for (const name of ['imported-scores.yaml', 'classifier.csv']) await copyFile(example(name), sandbox.path(name));
  await sandbox.run(['imported-scores.yaml']);
  const table = await readFile(sandbox.path('results', 'imported-scores', 'evaluation.csv'), 'utf8');
  const rows = readTable(table, evaluationColumns);
  const row = (model: string) => rows.find((one) => one.model === model && one.metric === 'attack-success')!;
  // Clopper and Pearson's bounds of 5 of 6, and of 1 of 5.
  assert.ok(Math.abs(row('base').value! - 5 / 6) < 1e-12 && Math.abs(row('base').ci_low! - 0.358766) < 1e-4, table);
  assert.is(row('base').n, 6);
  assert.ok(
    Math.abs(row('aligned').value! - 1 / 5) < 1e-12 && Math.abs(row('aligned').ci_high! - 0.716418) < 1e-4,
    table,
  );
  assert.equal([row('aligned').n, row('aligned').invalid], [5, 1]);
  assert.equal(ranSteps(await sandbox.run(['imported-scores.yaml'])), []);

  const text = await readFile(sandbox.path('classifier.csv'), 'utf8');
  await writeFile(sandbox.path('classifier.csv'), text.replace('3,base,0\n', ''));
  const ended = await sandbox.runflow(['run', 'imported-scores.yaml']);
  assertOneScreen(ended, 1);
  assert.match(ended.stdout + ended.stderr, /no score of model base for item 3, row 4 of the dataset/);
});

test('a sweep cannot measure scores that are of whole models', async ({ sandbox }) => {
  const text = await readFile(example('imported-scores.yaml'), 'utf8');
  await copyFile(example('classifier.csv'), sandbox.path('classifier.csv'));
  const sweep = `subspaces: { top: { kind: top-k, of: alignment } }
sweeps: { s: { project: alignment, onto: top, mode: parallel, fractions: [1], measure: [attack-success] } }
`;
  await sandbox.write('lab.yaml', text + sweep);
  const ended = await sandbox.runflow(['plan', 'lab.yaml']);
  assertOneScreen(ended, 2);
  assert.match(ended.stderr, /attack-success has scores of whole models, and a sweep measures it along its points/);
});

test.run();
