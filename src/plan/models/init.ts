import { architectureTensors } from '../../formats/architecture.js';
import type { InitParams } from '../../steps/init.js';
import type { Input } from '../../steps/step.js';
import type { WordTokenizerParams } from '../../steps/word-tokenizer.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelNode } from '../model-node.js';
import { addModelStep, type ModelParts, type ModelPlan } from './kind.js';

export const init: ModelPlan<ModelOf<'init'>> = {
  add: addInit,
  text: ({ architecture, seed }) => `${architecture.family}, initialised with seed ${seed}`,
};

function addInit(model: ModelOf<'init'>, parts: ModelParts): ModelNode {
  const { architecture, initializerRange, seed, dtype } = model;
  const params: InitParams = { architecture: { ...architecture }, initializerRange, seed, dtype };
  const tensors = [...architectureTensors(architecture)].map(([name, shape]) => [name, { dtype, shape }] as const);
  const facts = { tensors: new Map(tensors), tied: architecture.tied, files: new Set(['config.json']) };
  if (model.tokenizer === undefined) {
    return { node: addModelStep(parts, 'init', model, params, {}), facts, waitsFor: [] };
  }
  const tokenizer = addTokenizer(model, model.tokenizer, parts);
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) facts.files.add(file);
  if ('waitsFor' in tokenizer) return { facts, waitsFor: tokenizer.waitsFor };
  const inputs = { tokenizer: { node: tokenizer.node, output: '*' } };
  return { node: addModelStep(parts, 'init', model, params, inputs), facts, waitsFor: [] };
}

function addTokenizer(
  model: ModelOf<'init'>,
  { wordsOf, template }: NonNullable<ModelOf<'init'>['tokenizer']>,
  parts: ModelParts,
): { node: string } | { waitsFor: string[] } {
  const inputs: Record<string, Input> = {};
  const waitsFor = new Set<string>();
  for (const [index, name] of wordsOf.entries()) {
    const rows = parts.datasets.node(name);
    if ('waitsFor' in rows) for (const waiting of rows.waitsFor) waitsFor.add(waiting);
    else inputs[`rows/${index}`] = { node: rows.node, output: 'rows' };
  }
  if (waitsFor.size > 0) return { waitsFor: [...waitsFor] };
  const params: WordTokenizerParams = {
    vocabulary: model.architecture.vocabulary,
    datasets: wordsOf.length,
    template,
  };
  return { node: addModelStep(parts, 'word-tokenizer', model, params, inputs) };
}
