// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { UsageError } from '../../../src/diagnostics/errors.js';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { CellLabels } from '../../../src/plan/cell-labels.js';
import { expand } from '../../../src/plan/expand.js';
import { type CellPlan, mergePlans } from '../../../src/plan/merge.js';
import type { Plan } from '../../../src/plan/plan.js';
import { matchingSteps, targetSteps, unknownStep } from '../../../src/plan/targets.js';
import { loadStudy } from '../../../src/workflow/load.js';
import type { Study } from '../../../src/workflow/study.js';
import { memoryFiles } from '../workflow/memory-files.js';

const text = `runflow: 1
seed: 1
params: { norm: 0.02 }
models:
  base:
    init: { family: llama, hidden: 16, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }
    seed: 1
  aligned: { perturb: base, seed: 2, norm: 0.05, decay: 0.7 }
  useful: { perturb: aligned, seed: "\${seed}", norm: "\${params.norm}", decay: 0.8 }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
metrics: { overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] } }
profiles:
  wide: { models: { base: { init: { family: llama, hidden: 32, layers: 1, heads: 2, kv-heads: 1, mlp: 24, vocabulary: 20, tied: true }, seed: 1 } } }
  flat: { models: { aligned: { perturb: base, seed: 2, norm: 0.5, decay: 0.7 } } }
`;

async function studyOf(source: string, ...matrix: string[]): Promise<Study> {
  const loaded = await loadStudy('lab/main.yaml', { matrix }, memoryFiles({ 'lab/main.yaml': source }));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  return loaded.value;
}

async function planOf(...matrix: string[]): Promise<Plan> {
  return mergePlans(cellPlansOf(await studyOf(text, ...matrix)));
}

function cellPlansOf({ cells }: Study): CellPlan[] {
  const facts = { models: new Map(), commits: new Map() };
  return cells.map((cell) => ({
    ...cell,
    folder: cell.label === '' ? '' : `cells/${cell.label}`,
    plan: expand(cell.workflow, facts),
  }));
}

const idsOf = ({ steps }: Plan, kind: string) => steps.flatMap((step) => (step.kind === kind ? [step.id] : []));

test('the plan of a workflow without a matrix is its own', async () => {
  const plan = await planOf();
  assert.equal(idsOf(plan, 'perturb'), ['perturb[aligned]', 'perturb[useful]']);
  assert.equal(
    plan.cells.map(({ label }) => label),
    [''],
  );
});

test('what every cell has is one step without a cell, what one has begins with it, what some have with what they share', async () => {
  const plan = await planOf('profile=wide,flat', 'params.norm=0.02,0.03', 'seed=1,2');
  assert.equal(idsOf(plan, 'init'), ['profile=wide/init[base]', 'profile=flat/init[base]']);
  assert.equal(
    idsOf(plan, 'perturb').filter((id) => id.includes('aligned')),
    ['profile=wide/perturb[aligned]', 'profile=flat/perturb[aligned]'],
  );
  assert.is(idsOf(plan, 'perturb').length, 2 + 8);
  assert.ok(idsOf(plan, 'perturb').includes('profile=flat,norm=0.03,seed=2/perturb[useful]'));
  const alone = await planOf('params.norm=0.02,0.03');
  assert.equal(idsOf(alone, 'perturb'), ['perturb[aligned]', 'norm=0.02/perturb[useful]', 'norm=0.03/perturb[useful]']);
  assert.equal(idsOf(alone, 'overlap-table'), ['norm=0.02/overlap-table', 'norm=0.03/overlap-table']);
});

test('ids are unique, inputs are of earlier steps, and each cell alone is a part of the whole', async () => {
  const plan = await planOf('profile=wide,flat', 'params.norm=0.02,0.03', 'seed=1,2');
  const earlier = new Set<string>();
  for (const { id, inputs } of plan.steps) {
    for (const { node } of Object.values(inputs)) assert.ok(earlier.has(node), `${id} before ${node}`);
    assert.not(earlier.has(id), id);
    earlier.add(id);
  }
  const kindsAndParams = (one: Plan, ids: Iterable<string>) => {
    const steps = new Map(one.steps.map((step) => [step.id, step]));
    return [...ids].map((id) => JSON.stringify([steps.get(id)!.kind, steps.get(id)!.params])).sort();
  };
  for (const { coordinates, nodes } of plan.cells) {
    const [profile, norm, seed] = coordinates.values();
    const alone = await planOf(`profile=${profile}`, `params.norm=${norm}`, `seed=${seed}`);
    assert.equal(
      kindsAndParams(plan, nodes.values()),
      kindsAndParams(
        alone,
        alone.steps.map(({ id }) => id),
      ),
    );
  }
  const files = plan.results.map(({ file }) => file);
  assert.is(new Set(files).size, files.length);
  assert.ok(files.includes('cells/profile=wide,norm=0.02,seed=1/overlap.csv'), files.join());
});

test('a target without a cell is of all cells, and one with coordinates of those that have them', async () => {
  const plan = await planOf('profile=wide,flat', 'seed=1,2');
  const found = (pattern: string) => [...matchingSteps(plan, pattern)].sort();
  assert.is(found('perturb[useful]').length, 4);
  assert.equal(found('seed=1/perturb[useful]'), [
    'profile=flat,seed=1/perturb[useful]',
    'profile=wide,seed=1/perturb[useful]',
  ]);
  assert.equal(found('profile=flat,seed=2/perturb[useful]'), ['profile=flat,seed=2/perturb[useful]']);
  assert.equal(found('seed=2,profile=flat/perturb[useful]'), ['profile=flat,seed=2/perturb[useful]']);
  assert.equal(found('profile=flat/init'), ['profile=flat/init[base]']);
  assert.equal(found('seed=1/init'), ['profile=flat/init[base]', 'profile=wide/init[base]']);
  assert.equal(found('profile=f*/overlap-table').length, 2);
  assert.is(found('seed=1/overlap').length, found('overlap').length / 2);
  assert.equal(found('seed=9/perturb[useful]'), []);
});

test('a label says what the cells of a step have in common, and never names two steps', () => {
  const cell = (label: string, ...coordinates: [string, string][]) => ({ label, coordinates: new Map(coordinates) });
  const labels = new CellLabels([
    cell('a=1,b=1', ['a', '1'], ['b', '1']),
    cell('a=1,b=2', ['a', '1'], ['b', '2']),
    cell('a=2,b=1', ['a', '2'], ['b', '1']),
    cell('paper', ['a', '2'], ['b', '2']),
  ]);
  assert.is(labels.of('x', [0, 1, 2, 3]), '');
  assert.is(labels.of('x', [0, 1]), 'a=1');
  assert.is(labels.of('x', [3]), 'paper');
  assert.is(labels.of('x', [1, 2]), 'a=1,b=2,+1', 'nothing in common');
  assert.is(labels.of('y', [0, 1]), 'a=1');
  assert.is(labels.of('y', [0, 1]), 'a=1,b=1,+1', 'taken');
});

test('cells that lie on fewer axes than others never give two steps one id', async () => {
  const study =
    await studyOf(`${text}  flat2: { models: { aligned: { perturb: base, seed: 2, norm: 0.5, decay: 0.9 } } }
matrix: { include: [{ seed: 1, profile: flat }, { seed: 1, profile: flat2 }, { seed: 1 }] }
`);
  const plan = mergePlans(cellPlansOf(study));
  const ids = plan.steps.map(({ id }) => id);
  assert.equal(ids, [...new Set(ids)]);
  assert.is(plan.cells[2]!.label, 'seed=1');
  const params = new Map(plan.steps.map((step) => [step.id, step.params]));
  const decays = plan.cells.map(({ nodes }) => params.get(nodes.get('perturb[aligned]')!));
  assert.is(new Set(decays.map((one) => JSON.stringify(one))).size, 3);
});

test('a label of several cells is never that of a cell, also of one whose own step comes later', () => {
  const seed = ['seed', '1'] as const;
  const labels = new CellLabels([
    { label: 'profile=flat,seed=1', coordinates: new Map([['profile', 'flat'], seed]) },
    { label: 'profile=wide,seed=1', coordinates: new Map([['profile', 'wide'], seed]) },
    { label: 'seed=1', coordinates: new Map([seed]) },
  ]);
  assert.is(labels.of('x', [0, 1]), 'profile=flat,seed=1,+1');
  assert.is(labels.of('x', [2]), 'seed=1');
});

test('a merge refuses cells whose labels would give two steps one id', async () => {
  const cells = cellPlansOf(await studyOf(text, 'seed=1,2'));
  assert.throws(() => mergePlans(cells.map((cell) => ({ ...cell, label: 'x' }))), /have the id x\//);
});

test('a target of a cell that is not there is refused with the cells, also while a part of the plan waits for a fetch', async () => {
  const hub = text.replace(/base:\n.*\n {4}seed: 1\n/, 'base: { hub: org/base, revision: main }\n');
  for (const source of [text, hub]) {
    const plan = mergePlans(cellPlansOf(await studyOf(source, 'seed=1,2')));
    assert.is(plan.deferred.length > 0, source === hub);
    for (const target of ['seed=3/overlap', 'seed=3/svd[u,x]', 'seed=1,profile=flat/overlap', 'sed=1/*']) {
      assert.is(matchingSteps(plan, target).size, 0, target);
      try {
        targetSteps(plan, [target]);
        assert.unreachable(target);
      } catch (error) {
        assert.instance(error, UsageError);
        assert.is((error as Error).message, `target ${target} names no cell of the matrix`);
        assert.match((error as UsageError).hint!, 'The cells are seed=1 ; seed=2.');
      }
    }
    assert.ok(targetSteps(plan, ['seed=2/overlap']).size > 0);
  }
});

test('a name that a cell has nothing of is answered with the nearest one of the cell', async () => {
  const plan = await planOf('seed=1,2');
  assert.is(unknownStep(plan, 'seed=1/overlp', '').hint, 'Did you mean seed=1/overlap?');
  assert.is(unknownStep(plan, 'seed=1/perturb[algned]', '').hint, 'Did you mean seed=1/perturb[aligned]?');
});

test('a plan of many cells is merged in linear time', async () => {
  const seeds = (count: number) => `seed=${Array.from({ length: count }, (_, index) => index + 1).join(',')}`;
  const plan = await planOf(seeds(200));
  assert.is(plan.cells.length, 200);
  assert.is(idsOf(plan, 'perturb').length, 201);
});

test.run();
