import type { Transforms } from '../formats/dataset-choices.js';
import { roundsUpdates } from '../formats/precision.js';
import type { ReportParams } from '../steps/report.js';
import type { Dataset, Recipe, Workflow } from '../workflow/workflow.js';
import { datasetPlan } from './datasets/registry.js';
import { definitionsInUse } from './definitions-in-use.js';
import type { Facts } from './facts.js';
import { modelPlan } from './models/registry.js';
import { omissionTexts } from './omission-text.js';
import type { Omission, PlanNote } from './plan.js';

/** What a reader of the report must know to trust it. Paths and times stay out: they are in run.json. */
export function provenance(
  workflow: Workflow,
  facts: Facts,
  left: { readonly omitted: readonly Omission[]; readonly notes: readonly PlanNote[] },
): ReportParams['provenance'] {
  const rows: { label: string; text: string }[] = [{ label: 'Semantics', text: workflow.semantics }];
  if (facts.deviceClass !== undefined) rows.push({ label: 'Device class', text: facts.deviceClass });
  const used = definitionsInUse(workflow);
  for (const model of workflow.models.values()) {
    if (used.models.has(model.name))
      rows.push({ label: `Model ${model.name}`, text: modelPlan(model).text(model, facts) });
  }
  for (const dataset of workflow.datasets.values()) {
    if (used.datasets.has(dataset.name))
      rows.push({ label: `Dataset ${dataset.name}`, text: datasetText(dataset, facts) });
  }
  for (const recipe of workflow.recipes.values()) {
    if (used.recipes.has(recipe.name)) rows.push({ label: `Recipe ${recipe.name}`, text: recipeText(recipe) });
  }
  for (const text of omissionTexts(left.omitted)) rows.push({ label: 'Left out', text });
  for (const { of, text } of left.notes) rows.push({ label: 'Note', text: `${of}: ${text}` });
  return rows;
}

function datasetText(dataset: Dataset, facts: Facts): string {
  return [datasetPlan(dataset).text(dataset, facts), ...transformTexts(dataset.transforms)].join('; ');
}

/** Texts of the transforms, in the order in which they are done. */
function transformTexts({ where, shuffle, sample, skip, take, columns }: Transforms): string[] {
  const conditions = Object.entries(where ?? {}).map(([column, value]) => `${column} = ${JSON.stringify(value)}`);
  const renamed = Object.entries(columns ?? {}).filter(([name, column]) => name !== column);
  return [
    ...(conditions.length > 0 ? [`rows with ${conditions.join(' and ')}`] : []),
    ...(shuffle === undefined ? [] : [`shuffled with seed ${shuffle}`]),
    ...(skip === undefined ? [] : [`without the first ${skip}`]),
    ...(sample === undefined ? [] : [`sampled with seed ${sample}`]),
    ...(take === undefined ? [] : [`first ${take}`]),
    ...renamed.map(([name, column]) => `${column} as ${name}`),
  ];
}

function recipeText(recipe: Recipe): string {
  const { lr, schedule, warmup, length, batch, accumulate, clip, weightDecay, betas, epsilon, tokens } = recipe;
  const { template, lossOn, maxLength, overlong, eos } = tokens;
  const rounding = roundsUpdates(recipe.precision) && recipe.rounding === 'stochastic' ? ', stochastic rounding' : '';
  return [
    `AdamW (β ${betas.join(' and ')}, ε ${epsilon}, weight decay ${weightDecay})`,
    `learning rate ${lr}, ${schedule}, warm-up ${warmup}`,
    'epochs' in length ? `epochs ${length.epochs}` : `optimizer steps ${length.steps}`,
    `batch ${batch}, accumulated ${accumulate} times, loss normalised by ${recipe.lossNormalisation}`,
    `gradients ${clip === null ? 'not clipped' : `clipped at ${clip}`}`,
    `precision ${recipe.precision}${rounding}`,
    `rows ${recipe.order}, template ${typeof template === 'string' ? template : JSON.stringify(template)}`,
    `loss on ${lossOn === 'all' ? 'all tokens' : 'the response'}${eos ? ', which ends with EOS' : ''}`,
    `at most ${maxLength} tokens (${overlong})`,
  ].join('; ');
}
