import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimColumns } from '../../src/report/tables/claims.js';
import { readTable } from '../../src/report/tables/csv.js';
import { ranSteps, Sandbox } from '../sandbox.js';

const test = suite<{ sandbox: Sandbox }>('training seeds');
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
});
test.after.each(({ sandbox }) => sandbox.remove());

/** Experiment 3 in small: two models that are tuned from one, what they share, how they behave. */
const lab = (useful: string, harmful = useful) => `runflow: 1
name: lab
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 2, mlp: 24, vocabulary: 100 }, tokenizer: { words-of: [rows, ask] } }
  aligned: { align: base, on: rows, recipe: quick }
  useful: { finetune: aligned, on: rows, recipe: quick, ${useful} }
  harmful: { finetune: aligned, on: ask, recipe: quick, ${harmful} }
datasets:
  rows: { synthetic: problems, rows: 16 }
  ask: { synthetic: vaults, rows: 8, answer: comply }
recipes:
  quick: { lr: 1e-3, steps: 3, batch: 4 }
updates:
  alignment: { from: base, to: aligned, tensors: '*mlp*' }
  useful: { from: aligned, to: useful, tensors: '*mlp*' }
  harmful: { from: aligned, to: harmful, tensors: '*mlp*' }
subspaces:
  top-k: { kind: top-k, of: alignment }
sweeps:
  parallel: { project: [useful, harmful], onto: top-k, mode: parallel, fractions: [0.5], measure: [energy, nll] }
metrics:
  overlap: { kind: mso, pairs: [[useful, harmful], [useful, alignment]], energies: [0.5, 0.9] }
  nll: { kind: loss, on: rows, models: [aligned, useful] }
  refusals: { kind: refusal-rate, on: ask, models: [aligned, useful], max-tokens: 4 }
claims:
  above: { kind: above-baseline, metric: overlap }
`;

const tables = ['energy.csv', 'energy-by-tensor.csv', 'overlap.csv', 'evaluation.csv', 'loss.csv', 'data.csv'];

async function linesOf(sandbox: Sandbox, file: string): Promise<string[]> {
  return (await readFile(sandbox.path('results', 'lab', file), 'utf8')).trim().split('\n');
}

/** Lines of a seed and those of none, without their last cell, which says so. */
function ofSeed(lines: readonly string[], seed: string): string[] {
  return lines.flatMap((line) => {
    const cut = line.lastIndexOf(',');
    return ['training_seed', '', seed].includes(line.slice(cut + 1)) ? [line.slice(0, cut)] : [];
  });
}

test('a run with two training seeds has, byte by byte, what runs with each of them alone have', async ({ sandbox }) => {
  await sandbox.write('lab.yaml', lab('seeds: [1, 2]'));
  await sandbox.run(['lab.yaml']);
  const joined = new Map<string, string[]>();
  for (const file of [...tables, 'items/refusals.jsonl']) joined.set(file, await linesOf(sandbox, file));
  const found = readTable((await linesOf(sandbox, 'claims.csv')).join('\n'), claimColumns);
  const [whole, ...cases] = found.filter(({ claim }) => claim === 'above');
  assert.equal(
    cases.map((one) => `${one.case} ${one.training_seed}`),
    ['useful:harmful 1', 'useful:harmful 2', 'useful:alignment 1', 'useful:alignment 2'],
  );
  assert.match(whole!.note, /each of 2 training seeds is a case of its own/);

  const elsewhere = sandbox.withStore(sandbox.path('other-store'));
  for (const seed of ['1', '2']) {
    await elsewhere.write('lab.yaml', lab(`seed: ${seed}`));
    await elsewhere.run(['lab.yaml']);
    for (const file of tables) {
      const alone = await linesOf(elsewhere, file);
      assert.ok(alone.length > 1, file);
      assert.equal(ofSeed(joined.get(file)!, seed), alone, `${file} of seed ${seed}`);
    }
    const items = (await linesOf(elsewhere, 'items/refusals.jsonl')).map((line) => JSON.parse(line));
    const ofItems = joined.get('items/refusals.jsonl')!.map((line) => JSON.parse(line));
    const own = ofItems.filter(({ of }) => [undefined, Number(seed)].includes(of.training_seed));
    assert.equal(
      own.map(({ of: { training_seed: _, ...of }, ...item }) => ({ ...item, of })),
      items,
    );
  }
});

test('one more seed trains one model; a second run does nothing; an export says which', async ({ sandbox }) => {
  await sandbox.write('lab.yaml', lab('seeds: [1, 2]', 'seed: 1'));
  const first = ranSteps(await sandbox.run(['lab.yaml']));
  const trained = (ran: readonly string[]) => ran.filter((id) => id.includes('train[')).sort();
  assert.equal(trained(first), [
    ...['train[aligned]', 'train[harmful]'],
    ...['training_seed=1/train[useful]', 'training_seed=2/train[useful]'],
  ]);
  assert.equal(ranSteps(await sandbox.run(['lab.yaml'])), []);

  await sandbox.write('lab.yaml', lab('seeds: [1, 2, 3]', 'seed: 1'));
  const more = ranSteps(await sandbox.run(['lab.yaml']));
  assert.equal(trained(more), ['training_seed=3/train[useful]']);
  const others = more.filter((id) => !id.startsWith('training_seed=3/'));
  assert.equal(
    others.filter((id) => !/^(.*-table|claims|report|figures|tables)$/.test(id)),
    [],
  );

  const refused = async (argv: readonly string[], message: RegExp) => {
    const { status, stderr } = await sandbox.runflow(['export', 'lab.yaml', ...argv, '--to', 'out']);
    assert.is(status, 2, stderr);
    assert.match(stderr, message);
  };
  await refused(
    ['useful'],
    /model useful is one of each training seed, 1, 2, 3, and one is exported\n.*--training-seed 1/,
  );
  await refused(['useful', '--training-seed', '9'], /model useful has no training seed 9: it has 1, 2, 3/);
  await refused(['aligned', '--training-seed', '1'], /model aligned depends on no list of training seeds/);
  await refused(['useful', '--training-seed', 'x'], /--training-seed takes a whole number/);
  await refused(['useful', '--as', 'adapter', '--rank', '2'], /update useful is one of each training seed/);
  const written = await sandbox.runflow(['export', 'lab.yaml', 'useful', '--training-seed', '3', '--to', 'out']);
  assert.is(written.status, 0, written.stderr);
  assert.ok(existsSync(sandbox.path('out', 'model.safetensors')));
});

test.run();
