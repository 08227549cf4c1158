import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTable } from '../../src/report/tables/csv.js';
import { realignColumns } from '../../src/report/tables/realign.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const example = fileURLToPath(new URL('../../../examples/realigned-models.yaml', import.meta.url));

const test = suite<{ sandbox: Sandbox }>('realigned models');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

test('the example says of each tensor whether it changed; another number of them decomposes nothing', async ({
  sandbox,
}) => {
  const text = await readFile(example, 'utf8');
  await sandbox.write('realigned.yaml', text);
  await sandbox.run(['realigned.yaml']);
  const folder = sandbox.path('results', 'realigned-models');
  const rows = readTable(await readFile(join(folder, 'realign.csv'), 'utf8'), realignColumns);
  const ofModel = (name: string) => rows.filter(({ model }) => model === name);
  const lora = ofModel('lora');
  assert.is(lora.length, 15, 'vectors are not in it');
  const lowest = lora.map(({ cosine }) => cosine!).sort((a, b) => a - b)[2]!;
  for (const { tensor, cosine, changed } of lora) assert.is(changed, cosine! <= lowest ? 1 : 0, tensor);
  for (const { tensor, cosine, changed } of ofModel('merged')) assert.is(changed, cosine! < 0.8 ? 1 : 0, tensor);
  assert.match(await readFile(join(folder, 'report.html'), 'utf8'), /Realignment of updates/);

  await sandbox.write('realigned.yaml', text.replace('lowest: 3', 'lowest: 4'));
  const again = ranSteps(await sandbox.run(['realigned.yaml']));
  assert.ok(again.includes('realignment[lora]') && again.includes('project[lora]'), again.join(' '));
  assert.equal(
    again.filter((id) => /^(svd|energy|perturb|init)\[/.test(id) || id.includes('merged]')),
    [],
  );
});

test('a realigned model is exported as a folder that opens as a model again', async ({ sandbox }) => {
  await sandbox.write('realigned.yaml', await readFile(example, 'utf8'));
  const { status, stderr } = await sandbox.runflow(['export', 'realigned.yaml', 'merged', '--to', 'merged']);
  assert.is(status, 0, stderr);
  await sandbox.write(
    'read.yaml',
    'runflow: 1\nmodels: { a: { path: merged }, b: { perturb: a, seed: 1, norm: 0.1, decay: 1 } }\nupdates: { d: { from: a, to: b } }\nmetrics: { s: { kind: spectrum, of: [d] } }\n',
  );
  await sandbox.run(['read.yaml']);
});

test.run();
