import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { InvalidWorkflowError } from '../../../src/diagnostics/errors.js';
import { expand } from '../../../src/plan/expand.js';
import { tableFiles } from '../../../src/report/tables/registry.js';
import { factsOf, planOf, workflowOf } from './keyed-plan.js';

const lab = (inputs: string, seeds = 'seed: 1') => `runflow: 1
models:
  base: { init: { family: llama, hidden: 16, layers: 1, heads: 4, mlp: 24, vocabulary: 112 }, tokenizer: { words-of: [asked] } }
  taught: { pretrain: base, on: asked, recipe: brief, ${seeds} }
  far: { hub: org/far }
datasets: { asked: { synthetic: problems, rows: 8 } }
recipes: { brief: { lr: 1e-3, steps: 2, template: raw } }
metrics: { solved: { kind: exact-match, on: asked, models: taught, template: raw } }
steps:
  ranking: { command: { run: [rank] }, inputs: { given: { ${inputs} } }, files: [ranking.txt] }
`;

test('the tables that a step may name are those that runflow makes', () => {
  const schema = JSON.parse(
    readFileSync(new URL('../../../../schema/workflow.schema.json', import.meta.url), 'utf8'),
  ) as {
    readonly $defs: { readonly stepInput: { readonly properties: { readonly table: { readonly enum?: string[] } } } };
  };
  const { table } = schema.$defs.stepInput.properties;
  const listed = /"enum":\s*(\[[^\]]*\])/.exec(JSON.stringify(table))![1]!;
  assert.equal((JSON.parse(listed) as string[]).sort(), [...tableFiles].sort());
});

test('a step takes one file of results, of all training seeds, and no model that has several', async () => {
  const seeded = 'seeds: [1, 2]';
  for (const [inputs, node, output] of [
    ['table: evaluation.csv', 'evaluation-table', 'evaluation.csv'],
    ['responses: solved', 'evaluation-table', 'items/solved.jsonl'],
  ] as const) {
    const plan = await planOf(lab(inputs, seeded));
    const steps = plan.steps.filter(({ kind }) => kind === 'command-results');
    assert.is(steps.length, 1);
    assert.equal(steps[0]!.inputs, { 'with/given': { node, output } });
    assert.ok(plan.results.some(({ file }) => file === 'steps/ranking/ranking.txt'));
    assert.equal(plan.named.get('steps.ranking'), ['command-results[ranking]']);
  }
  await planOf(lab('model: base', seeded));
  await planOf(lab('model: taught'));
  try {
    await planOf(lab('model: taught', seeded));
    assert.unreachable();
  } catch (error) {
    if (!(error instanceof InvalidWorkflowError)) throw error;
    assert.match(error.diagnostics[0]!.message, /one for each training seed/);
    assert.is(error.diagnostics[0]!.range?.start.line, 10);
  }
});

test('a step of a model that was never fetched waits for it', async () => {
  const workflow = await workflowOf(lab('model: far'));
  const plan = expand(workflow, { ...factsOf(workflow), models: new Map(), commits: new Map() });
  assert.ok(plan.deferred.some(({ what, models }) => what === 'steps.ranking' && models.includes('far')));
});

test.run();
