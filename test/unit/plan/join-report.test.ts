// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in workflows look like that
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderDiagnostics } from '../../../src/diagnostics/render.js';
import { expand } from '../../../src/plan/expand.js';
import { joinCells } from '../../../src/plan/join.js';
import { mergePlans } from '../../../src/plan/merge.js';
import type { Plan } from '../../../src/plan/plan.js';
import { contracts } from '../../../src/steps/contracts.js';
import type { JoinedFiguresParams } from '../../../src/steps/joined-figures.js';
import type { StudyReportParams } from '../../../src/steps/joined-report.js';
import { portProblem } from '../../../src/steps/ports.js';
import { loadStudy } from '../../../src/workflow/load.js';
import { memoryFiles } from '../workflow/memory-files.js';

const text = `runflow: 1
name: lab
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
metrics:
  overlap: { kind: mso, pairs: [[useful, alignment]], energies: [0.5] }
  directions: { kind: spectrum, of: [alignment, useful] }
claims: { above: { kind: above-baseline, metric: overlap } }
report: { title: "Norm \${params.norm}", formats: [svg, pdf] }
`;

async function planOf(source: string, ...matrix: string[]): Promise<Plan> {
  const loaded = await loadStudy('lab/main.yaml', { matrix }, memoryFiles({ 'lab/main.yaml': source }));
  if (!loaded.ok) throw new Error(renderDiagnostics(loaded.diagnostics));
  const facts = { models: new Map(), commits: new Map() };
  const cells = loaded.value.cells.map((cell) => {
    return { ...cell, folder: `cells/${cell.label}`, plan: expand(cell.workflow, facts) };
  });
  return joinCells(mergePlans(cells), loaded.value, cells);
}

const stepOf = ({ steps }: Plan, kind: string) => steps.find((step) => step.kind === kind)!;
const reportOf = (plan: Plan) => stepOf(plan, 'joined-report').params as StudyReportParams;

test('the page, figures and tables of all cells stand in the folder of the study, after all that they take', async () => {
  const plan = await planOf(text, 'params.norm=0.02,0.04');
  const earlier = new Set<string>();
  for (const { id, kind, inputs } of plan.steps) {
    for (const { node } of Object.values(inputs)) assert.ok(earlier.has(node), `${id} before ${node}`);
    assert.not(earlier.has(id), id);
    earlier.add(id);
    const { inputs: ports } = contracts[kind as keyof typeof contracts];
    assert.is(portProblem(ports, Object.keys(inputs)), undefined, id);
  }
  const files = new Map(plan.results.map(({ file, node }) => [file, node]));
  assert.equal(
    ['report.html', 'figures/', 'tables/'].map((file) => files.get(file)),
    ['joined-report', 'joined-figures', 'joined-tables'],
  );
  assert.ok(plan.named.get('matrix')!.includes('joined-report'));
  const params = reportOf(plan);
  assert.equal(params.asked, [{ axis: 'norm', values: ['0.02', '0.04'] }]);
  assert.is(params.title, 'lab', 'the titles of the cells differ');
  assert.equal(
    params.groups.map(({ label, values, seeds }) => [label, values, seeds ?? null]),
    [
      ['norm=0.02', ['0.02'], null],
      ['norm=0.04', ['0.04'], null],
    ],
  );
  assert.equal((stepOf(plan, 'joined-figures').params as JoinedFiguresParams).formats, ['svg', 'pdf']);
  const claims = stepOf(plan, 'joined-report').inputs['claims/1']!;
  assert.match(claims.node, /claims-of-family$/, 'with intervals that are right for all cells together');
});

test('what is said of the cells stands there once, with the cells that it is of', async () => {
  const { provenance, texts } = reportOf(await planOf(text, 'params.norm=0.02,0.04', 'seed=1,2'));
  const of = (label: string) => provenance.filter((one) => one.label === label).map((one) => one.of);
  assert.equal(of('Model aligned'), ['']);
  assert.equal(of('Model useful'), ['norm=0.02,seed=1', 'norm=0.02,seed=2', 'norm=0.04,seed=1', 'norm=0.04,seed=2']);
  assert.ok(texts.every((one) => one.of === ''));
});

test('cells that differ in the seed alone are one group, whose tables are put together', async () => {
  const plan = await planOf(text, 'params.norm=0.02,0.04', 'seed=1,2,3');
  const params = reportOf(plan);
  assert.equal(
    params.groups.map(({ label, values, seeds, cells }) => [label, values, seeds, cells]),
    [
      ['norm=0.02', ['0.02', '1, 2, 3'], [1, 2, 3], [0, 1, 2]],
      ['norm=0.04', ['0.04', '1, 2, 3'], [1, 2, 3], [3, 4, 5]],
    ],
  );
  const { inputs } = stepOf(plan, 'joined-report');
  assert.is(inputs['0/overlap.csv']!.node, 'norm=0.02/pooled[overlap-table]');
  const spectrum = plan.steps.find(({ id }) => id === 'norm=0.04/pooled[spectrum-table]')!;
  const rows = spectrum.params.rows as readonly { readonly update: string; readonly trainingSeed?: number }[];
  assert.equal(
    rows.map(({ update, trainingSeed = null }) => [update, trainingSeed]),
    [
      ['alignment', null],
      ['useful', 1],
      ['useful', 2],
      ['useful', 3],
    ],
  );
  assert.is(params.cells.filter(({ claims }) => claims).length, 6, 'claims are judged in cells');
});

test('a study of seeds alone is one group without a name', async () => {
  const plan = await planOf(text, 'seed=1,2');
  assert.equal(
    reportOf(plan).groups.map(({ label }) => label),
    [''],
  );
  assert.is(stepOf(plan, 'joined-report').inputs['0/overlap.csv']!.node, 'pooled[overlap-table]');
});

test('a workflow without a matrix has no joined steps', async () => {
  const plan = await planOf(text);
  assert.not(plan.steps.some(({ kind }) => kind.startsWith('joined-')));
});

test.run();
