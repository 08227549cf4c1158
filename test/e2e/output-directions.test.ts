import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsOf, type Dense, dense, multiply, transpose } from '../oracles/one-sided-jacobi.js';
import { difference, energy } from '../oracles/projection.js';
import { readSafetensors } from '../oracles/safetensors.js';
import { Sandbox } from '../sandbox.js';

/** Directions of outputs from a workflow file to tables and to exported weights, against their definition in double precision. */
const test = suite<{ sandbox: Sandbox }>('directions of outputs');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

const workflow = `runflow: 1
name: outputs
datasets:
  told: { synthetic: vaults, rows: 40, answer: comply }
models:
  base:
    init: { family: qwen2, hidden: 16, layers: 2, heads: 2, kv-heads: 1, mlp: 40, vocabulary: 120, tied: true }
    tokenizer: { words-of: [told] }
  tuned: { perturb: base, seed: 1, norm: 2, decay: 1 }
  without: { ablate: base, direction: spoken, rank: 3 }
updates:
  tuning: { from: base, to: tuned }
subspaces:
  spoken: { kind: outputs, model: base, prompts: told, template: raw, limit: 30, directions: 6 }
sweeps:
  kept: { project: tuning, onto: spoken, mode: parallel, fractions: [0.5, 1] }
metrics:
  shared: { kind: mso, pairs: [[tuning, spoken]], energies: [0.5] }
`;

interface Explained {
  readonly id: string;
  readonly outputs: Readonly<Record<string, { readonly digest: string; readonly tensor: { shape: [number, number] } }>>;
}

/** The bases of all tensors, from the store. */
async function bases(sandbox: Sandbox): Promise<Map<string, Dense>> {
  const { stdout, stderr, status } = await sandbox.runflow(['explain', 'outputs.yaml', 'output-basis', '--json']);
  assert.is(status, 0, stderr);
  return new Map(
    (JSON.parse(stdout) as Explained[]).map(({ id, outputs }) => {
      const { digest, tensor } = outputs.q!;
      const hex = digest.slice('sha256:'.length);
      const bytes = readFileSync(join(sandbox.store, 'objects/sha256', hex.slice(0, 2), hex));
      const [rows, columns] = tensor.shape;
      const values = Array.from({ length: rows * columns }, (_, i) => bytes.readFloatLE(4 * i));
      return [id.slice('output-basis[spoken,'.length, -1), dense(rows, columns, values)];
    }),
  );
}

async function exported(sandbox: Sandbox, model: string) {
  const { status, stderr } = await sandbox.runflow(['export', 'outputs.yaml', model, '--to', model]);
  assert.is(status, 0, stderr);
  return readSafetensors(sandbox.path(`${model}/model.safetensors`));
}

test('the energy that is kept, the overlap and the weights without the directions are those of the definition', async ({
  sandbox,
}) => {
  await sandbox.write('outputs.yaml', workflow);
  const planned = await sandbox.runflow(['plan', 'outputs.yaml']);
  assert.match(planned.stdout, /subspaces\.spoken: its sums take [\d.]+ KiB in the store/);
  const { status, stderr } = await sandbox.runflow(['run', 'outputs.yaml']);
  assert.is(status, 0, stderr);
  const [base, tuned, without] = [
    await exported(sandbox, 'base'),
    await exported(sandbox, 'tuned'),
    await exported(sandbox, 'without'),
  ];
  const directions = await bases(sandbox);
  assert.is(directions.size, 2 * 7);
  const kept = { half: 0, all: 0 };
  let total = 0;
  for (const [name, { matrix: w }] of base) {
    const update = difference(tuned.get(name)!.matrix, w);
    const found = without.get(name)!.matrix;
    total += energy(update);
    const q = directions.get(name);
    if (q === undefined) {
      kept.half += energy(update);
      kept.all += energy(update);
      assert.equal([...found.data], [...w.data], name);
      continue;
    }
    const inside = (of: Dense, k: number) => multiply(transpose(columnsOf(q, k)), of);
    kept.half += energy(inside(update, q.columns / 2));
    kept.all += energy(inside(update, q.columns));
    const expected = difference(w, multiply(columnsOf(q, 3), inside(w, 3)));
    assert.ok(energy(difference(found, expected)) <= 1e-12 * energy(w), name);
    assert.ok(energy(difference(found, w)) > 1e-3 * energy(w), name);
  }
  const rows = table(sandbox, 'energy.csv');
  assert.equal(
    rows.map(({ subspace, side, fraction }) => [subspace, side, fraction]),
    [
      ['spoken', 'left', '0.5'],
      ['spoken', 'left', '1'],
    ],
  );
  for (const [index, sum] of [kept.half, kept.all].entries()) {
    const value = Number(rows[index]!.energy_kept);
    assert.ok(Math.abs(value / (sum / total) - 1) <= 1e-6, `${value} and ${sum / total}`);
  }
  const overlaps = table(sandbox, 'overlap.csv').filter(({ tensor }) => tensor !== '');
  assert.ok(overlaps.length >= 14);
});

function table(sandbox: Sandbox, file: string): Record<string, string>[] {
  return parse(readFileSync(sandbox.path(`results/outputs/${file}`)), { columns: true });
}

test.run();
