import type { ModelOf } from '../../workflow/models/model.js';
import { factsOfTrained, tokeniseStep, trainParams } from '../expand-training.js';
import type { ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const train: ModelPlan<ModelOf<'train'>> = {
  add: addTrained,
  curve: true,
  text({ from, on, recipe, seed, seeds }) {
    const seeded = seeds === undefined ? `seed ${seed}` : `training seeds ${seeds.join(', ')}`;
    return `${from}, trained on ${on} by the recipe ${recipe} (${seeded})`;
  },
};

function addTrained(model: ModelOf<'train'>, parts: ModelParts): ModelNode {
  const parent = parts.made.get(model.from)!;
  const rows = parts.datasets.node(model.on);
  const recipe = parts.workflow.recipes.get(model.recipe)!;
  const waitsFor = [...new Set([...parent.waitsFor, ...('waitsFor' in rows ? rows.waitsFor : [])])];
  const facts = parent.facts && factsOfTrained(parent.facts, recipe);
  if (parent.node === undefined || parent.facts === undefined || 'waitsFor' in rows) {
    return facts === undefined ? { waitsFor } : { facts, waitsFor };
  }
  const tokens = tokeniseStep(
    {
      id: `tokenise[${model.name}]`,
      dataset: model.on,
      options: recipe.tokens,
      semantics: parts.workflow.semantics,
    },
    { name: model.from, model: parent.node, facts: parent.facts, rows: rows.node },
    model.range,
  );
  const tokenised = parts.builder.add({ ...tokens, group: `Model ${model.name}` }, `models.${model.name}`);
  parts.builder.tokenised.set(tokenised, { metric: null, model: model.name, dataset: model.on });
  const inputs = {
    parent: { node: parent.node, output: '*' },
    tokens: { node: tokenised, output: '*' },
  };
  const { checkpointEvery, activationCheckpointing } = recipe;
  const node = addModelStep(parts, 'train', model, trainParams(recipe, model.seed, parts.workflow.semantics), inputs, {
    checkpointEvery,
    activationCheckpointing,
  });
  return { node, facts: facts!, waitsFor: [] };
}
