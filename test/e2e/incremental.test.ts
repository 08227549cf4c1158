import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { moved, randomTensors, writeFixture } from '../checkpoint-fixtures.js';
import { ranSteps, Sandbox, summaryOf } from '../sandbox.js';

const up = 'model.layers.0.mlp.up_proj.weight';
const tensors = ['model.embed_tokens.weight', up, 'model.layers.0.self_attn.q_proj.weight', 'model.norm.weight'];
const base = randomTensors({ [tensors[0]!]: [12, 6], [up]: [10, 6], [tensors[2]!]: [6, 6], [tensors[3]!]: [6] }, 1);
const aligned = moved(base, 2, 0.1);
const models = { base, aligned, useful: moved(aligned, 3, 0.1), harmful: moved(aligned, 4, 0.1) };

const workflow = `
runflow: 1
name: again
seed: 7
models:
  base: { path: base }
  aligned: { path: aligned }
  useful: { path: useful }
  harmful: { path: harmful }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  harmful: { from: aligned, to: harmful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1, 2] }
  random: { kind: random, like: alignment, seeds: [1, 2] }
sweeps:
  parallel:
    project: [useful, harmful]
    onto: [top-k, random-k, random]
    mode: parallel
    fractions: [1e-5, 0.5]
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment], [harmful, alignment]], energies: [0.5, 0.9] }
`;

const test = suite<{ sandbox: Sandbox }>('what runs again');
/** Everything is done here; each test starts from a copy, without the results: they are of this folder's workflow. */
let done: Sandbox;
test.before(async () => {
  done = await Sandbox.make();
  for (const [name, values] of Object.entries(models)) await writeFixture(done.path(name), values);
  await done.write('again.yaml', workflow);
  await done.run(['again.yaml']);
});
test.after(() => done.remove());
test.before.each(async (context) => {
  context.sandbox = await Sandbox.make();
  await cp(done.folder, context.sandbox.folder, { recursive: true, preserveTimestamps: true });
  await rm(context.sandbox.path('results'), { recursive: true });
});
test.after.each(({ sandbox }) => sandbox.remove());

/** Runs the workflow with some of its text replaced. @returns the steps that ran */
async function edited(sandbox: Sandbox, ...edits: readonly (readonly [string, string])[]): Promise<string[]> {
  let text = await readFile(sandbox.path('again.yaml'), 'utf8');
  for (const [from, to] of edits) {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  }
  await sandbox.write('again.yaml', text);
  const ended = await sandbox.run(['again.yaml']);
  const ran = ranSteps(ended);
  assert.is(summaryOf(ended).ran, ran.length);
  return ran;
}

const kindsOf = (ran: readonly string[]) => [...new Set(ran.map((step) => step.replace(/\[.*/, '')))].sort();

test('the same command again runs no step, and leaves the results as they are', async ({ sandbox }) => {
  const before = await readFile(done.path('results/again/energy.csv'));
  assert.equal(await edited(sandbox), []);
  assert.equal(await readFile(sandbox.path('results/again/energy.csv')), before);
  const ended = await sandbox.run(['again.yaml']);
  assert.not.ok(ended.events.some((event) => event.type === 'result' && event.changed));
  assert.equal(await readFile(sandbox.path('results/again/energy.csv')), before);
});

test('comments, the order of keys and the way a number is written run no step', async ({ sandbox }) => {
  const ran = await edited(
    sandbox,
    ['runflow: 1\nname: again\nseed: 7\n', '# a comment\nseed: 0x7\nname: "again"\nrunflow: 1\n'],
    ['{ from: base, to: aligned }', '{ to: aligned, from: base }'],
    ['[1e-5, 0.5]', '[0.00001, 5.0e-1] # the same numbers'],
    ['  base: { path: base }\n  aligned: { path: aligned }\n', '  aligned: {path: aligned}\n  base: {path: base}\n'],
  );
  assert.equal(ran, []);
});

test('a fraction, an η, a metric or a sweep more decomposes nothing', async ({ sandbox }) => {
  const tables = ['energy-table', 'figures', 'report', 'tables'];
  assert.equal(kindsOf(await edited(sandbox, ['[1e-5, 0.5]', '[1e-5, 0.5, 0.75]'])), ['energy', ...tables]);
  assert.equal(kindsOf(await edited(sandbox, ['energies: [0.5, 0.9]', 'energies: [0.1, 0.5, 0.9]'])), [
    'figures',
    'overlap-table',
    'report',
    'tables',
  ]);
  const metric = '\n  more: { kind: mso, pairs: [[alignment, useful]], energies: [0.3] }\n';
  assert.equal(kindsOf(await edited(sandbox, ['\nmetrics:', `\nmetrics:${metric}`])), [
    'figures',
    'overlap',
    'overlap-table',
    'report',
    'tables',
  ]);
  const sweep = '\n  orthogonal: { project: useful, onto: top-k, mode: orthogonal, fractions: [0.5] }';
  assert.equal(kindsOf(await edited(sandbox, ['\nsweeps:', `\nsweeps:${sweep}`])), ['energy', ...tables]);
});

test('another order of fractions runs no step', async ({ sandbox }) => {
  assert.equal(await edited(sandbox, ['[1e-5, 0.5]', '[0.5, 1e-5]']), []);
});

test('a seed more decomposes nothing that exists', async ({ sandbox }) => {
  const ran = await edited(sandbox, ['like: alignment, seeds: [1, 2]', 'like: alignment, seeds: [1, 2, 3]']);
  assert.not.ok(ran.some((step) => step.startsWith('svd')));
  const measured = ran.filter((step) => !/^(energy-table|figures|tables|report)$/.test(step));
  assert.is(measured.length, 3 * tensors.length, ran.join());
  for (const step of measured) assert.match(step, /random#3/);
});

test('one changed tensor of one checkpoint runs its steps and the aggregates only', async ({ sandbox }) => {
  const useful = models.useful[up]!;
  const values = useful.values.map((value, i) => (i === 5 ? value + 0.01 : value));
  await writeFixture(sandbox.path('useful'), { ...models.useful, [up]: { ...useful, values } });
  const ran = await edited(sandbox);
  const aggregates = ran.filter((step) => !step.includes('['));
  assert.equal(aggregates.sort(), ['energy-table', 'figures', 'overlap-table', 'report', 'tables']);
  const single = ran.filter((step) => step.includes('['));
  assert.ok(single.length > 0);
  for (const step of single) assert.match(step, /^\w+\[.*useful.*,model\.layers\.0\.mlp\.up_proj\.weight\]$/);
  assert.equal(kindsOf(single), ['cosine', 'energy', 'overlap', 'svd']);
});

test('a checkpoint that nothing uses may be gone', async ({ sandbox }) => {
  await edited(
    sandbox,
    ['[[useful, alignment], [harmful, alignment]]', '[[useful, alignment]]'],
    ['[useful, harmful]', '[useful]'],
  );
  await rm(sandbox.path('harmful'), { recursive: true });
  assert.equal(await edited(sandbox), []);
});

test('a folder that moves, another spelling of its path or a copy of it runs no step', async ({ sandbox }) => {
  await mkdir(sandbox.path('checkpoints/deep'), { recursive: true });
  await rename(sandbox.path('useful'), sandbox.path('checkpoints/deep/new-name'));
  await cp(sandbox.path('harmful'), sandbox.path('copy'), { recursive: true });
  const ran = await edited(
    sandbox,
    ['{ path: useful }', '{ path: checkpoints/deep/new-name }'],
    ['{ path: aligned }', `{ path: ${sandbox.path('aligned')} }`],
    ['{ path: base }', '{ path: ./x/../base }'],
    ['{ path: harmful }', '{ path: copy }'],
  );
  assert.equal(ran, []);
});

test('the tensors of a checkpoint in other files, or in another order, run no step', async ({ sandbox }) => {
  const reversed = Object.fromEntries(Object.entries(models.useful).reverse());
  await writeFixture(sandbox.path('useful'), reversed, { shardBytes: 200 });
  assert.equal(await edited(sandbox), []);
});

test.run();
