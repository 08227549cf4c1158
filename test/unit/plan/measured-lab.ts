import * as assert from 'uvu/assert';
import type { Plan } from '../../../src/plan/plan.js';
import type { EvaluationTableParams } from '../../../src/steps/evaluation-table.js';
import type { Step } from '../../../src/steps/step.js';

/** A sweep of which behaviour is measured, in models of two layers with nothing foreign in them. */
export const measuredLab = `runflow: 1
name: lab
seed: 3
models:
  base: { init: { family: llama, hidden: 8, layers: 2, heads: 2, mlp: 12, vocabulary: 16 } }
  aligned: { perturb: base, seed: 1, norm: 0.1, decay: 1 }
  useful: { perturb: aligned, seed: 2, norm: 0.1, decay: 1 }
  harmful: { perturb: aligned, seed: 4, norm: 0.1, decay: 1 }
datasets:
  gsm8k: { synthetic: problems, rows: 9 }
  examples: { synthetic: problems, rows: 9, seed: 1 }
  advbench: { synthetic: vaults, rows: 9, answer: comply }
updates:
  alignment: { from: base, to: aligned }
  useful: { from: aligned, to: useful }
  harmful: { from: aligned, to: harmful }
subspaces:
  top-k: { kind: top-k, of: alignment }
  random-k: { kind: random-k, of: alignment, seeds: [1, 2] }
  random: { kind: random, like: alignment, seeds: [1] }
sweeps:
  parallel:
    project: useful
    onto: [top-k]
    mode: parallel
    fractions: [0.5, 0.1]
    measure: [energy, utility, harm]
metrics:
  utility: { kind: exact-match, on: gsm8k, fewshot: { n: 1, from: examples } }
  harm: { kind: judge, on: advbench, judge: { rules: { refusals: qi } } }
`;

/** The text with some parts of it replaced, each of which must be there. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  let text = measuredLab;
  for (const [from, to] of changes) {
    assert.ok(text.includes(from), `the text has no ${from}`);
    text = text.replace(from, () => to);
  }
  return withoutIdleMetrics(text);
}

/** Leaves out metrics that nothing measures any more, which a workflow may not have. */
function withoutIdleMetrics(text: string): string {
  const kept = text.split('\n').filter((line) => {
    const name = /^ {2}(utility|harm): /.exec(line)?.[1];
    return name === undefined || line.includes('models:') || text.split(new RegExp(`\\b${name}\\b`)).length > 2;
  });
  return kept.join('\n').replace(/metrics:\n$/, '');
}

export function idsOf(plan: Plan, ...kinds: readonly string[]): string[] {
  return plan.steps.filter(({ kind }) => kinds.includes(kind)).map(({ id }) => id);
}

export function stepOf(plan: Plan, id: string): Step {
  const step = plan.steps.find((candidate) => candidate.id === id);
  assert.ok(step, `${id} is not in the plan, which has ${plan.steps.map((other) => other.id).join(' ')}`);
  return step!;
}

/** What the table of behaviour has: a line a measurement. */
export function measurements(plan: Plan): string[] {
  const { rows } = stepOf(plan, 'evaluation-table').params as EvaluationTableParams;
  return rows.map(({ metric, model, update, subspace, seed, mode, side, fraction }) => {
    const point = [update, seed === null ? subspace : `${subspace}#${seed}`, mode, side, fraction];
    return `${metric} of ${model ?? point.join(',')}`;
  });
}

/** The positions of steps in plan order have no gap. */
export function areAdjacent(plan: Plan, ids: readonly string[]): boolean {
  const positions = ids.map((id) => plan.steps.findIndex((step) => step.id === id)).sort((a, b) => a - b);
  return positions.every((position, index) => position >= 0 && position === positions[0]! + index);
}
