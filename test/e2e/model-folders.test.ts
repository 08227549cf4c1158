import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeCheckpoint } from '../../src/formats/checkpoint-writer.js';
import { type DType, type TensorInfo, tensorBytes } from '../../src/formats/tensor.js';
import { noise } from '../checkpoint-fixtures.js';
import { Sandbox } from '../sandbox.js';

/** Model folders of which something is not used: it is refused, or said in the log, the plan, run.json and the report. */

const test = suite<{ box: Sandbox }>('model folders');
test.before.each(async (context) => {
  context.box = await Sandbox.make();
  await context.box.write('w.yaml', workflow);
});
test.after.each(({ box }) => box.remove());

const workflow = `runflow: 1
name: w
models: { base: { path: base }, tuned: { path: tuned } }
updates: { change: { from: base, to: tuned } }
metrics: { overlap: { kind: mso, pairs: [[change, change]], energies: [0.5] } }
`;

async function write(
  folder: string,
  dtypes: Readonly<Record<string, DType>>,
  seed: number,
  config: object,
): Promise<void> {
  const tensors = Object.entries(dtypes).map(([name, dtype]) => ({ name, dtype, shape: [6, 4] }));
  const source = (tensor: TensorInfo) => {
    const bytes = new Uint8Array(noise(seed, 24).buffer);
    return [tensor.dtype === 'F32' ? bytes : new Uint8Array(tensorBytes(tensor)).fill(seed)];
  };
  await writeCheckpoint(folder, {
    tensors,
    source,
    files: new Map([['config.json', [Buffer.from(JSON.stringify(config))]]]),
  });
}

test('a quantised checkpoint is refused before anything runs', async ({ box }) => {
  await write(box.path('base'), { 'a.weight': 'F32', 'b.weight': 'F32' }, 1, {});
  const quantised = { 'a.weight': 'F8_E4M3', 'a.weight_scale_inv': 'F32', 'b.weight': 'F32' } as const;
  await write(box.path('tuned'), quantised, 2, {});
  const ended = await box.runflow(['run', 'w.yaml']);
  assert.is(ended.status, 1);
  assert.match(ended.stderr, /model tuned \(w\.yaml:3\).*tuned\/model\.safetensors: tensor a\.weight/);
  assert.match(ended.stderr, /dequantise/);
  assert.not.match(ended.stdout + ended.stderr, /svd/);
});

test('what a run leaves out is a warning, a line of the plan and of the report, and stands in run.json', async ({
  box,
}) => {
  const dtypes = { 'a.weight': 'F32', 'position.table': 'I64' } as const;
  await write(box.path('base'), dtypes, 1, {});
  await write(box.path('tuned'), dtypes, 2, {});
  await writeFile(box.path('tuned', 'pytorch_model.bin'), 'pickle');
  const table = 'left out of updates.change: position.table: holds I64, not floating-point numbers';
  const file = /left out of models\.tuned: pytorch_model\.bin: not read/;
  const planned = await box.runflow(['plan', 'w.yaml']);
  assert.ok(planned.stdout.includes(table), planned.stdout);
  assert.match(planned.stdout, file);
  // Also when everything is cached: what was left out is as true of the second run.
  for (let round = 0; round < 2; round++) {
    const { events } = await box.run(['w.yaml']);
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    assert.ok(warnings.includes(table), warnings.join('\n'));
    assert.ok(
      warnings.some((text) => file.test(text)),
      warnings.join('\n'),
    );
    assert.is(warnings.length, 2);
  }
  const report = readFileSync(box.path('results/w/report.html'), 'utf8');
  assert.match(report, /Left out<\/dt><dd>updates\.change: position\.table: holds I64/);
  assert.match(report, /pytorch_model\.bin: not read/);
  const { omitted } = JSON.parse(readFileSync(box.path('results/w/run.json'), 'utf8')) as {
    omitted: { what: string }[];
  };
  assert.equal(omitted.map(({ what }) => what).sort(), ['position.table', 'pytorch_model.bin']);
});

test('tied models compare however each stores its one matrix, and a head that is not tied is told from one that is', async ({
  box,
}) => {
  const [embedding, head] = ['model.embed_tokens.weight', 'lm_head.weight'];
  await write(box.path('base'), { [embedding]: 'F32', [head]: 'F32' }, 1, { tie_word_embeddings: true });
  await write(box.path('tuned'), { [head]: 'F32' }, 2, { tie_word_embeddings: true });
  await box.run(['w.yaml']);
  const csv = readFileSync(box.path('results/w/overlap.csv'), 'utf8').trim().split('\n');
  assert.is(csv.length, 2);
  assert.match(csv[1]!, /^change:change,model\.embed_tokens\.weight,/);
  await box.write('w.yaml', workflow.replace('path: tuned', 'path: untied'));
  await write(box.path('untied'), { [embedding]: 'F32', [head]: 'F32' }, 2, { tie_word_embeddings: false });
  const ended = await box.runflow(['run', 'w.yaml']);
  assert.is(ended.status, 2);
  assert.match(ended.stderr, /lm_head\.weight: missing and \[6, 4\]/);
  assert.match(
    ended.stderr,
    /tie_word_embeddings\) base uses the embedding as its output layer too, and tuned has one of its own/,
  );
});

test.run();
