import { isTiedCopy } from '../../formats/architecture.js';
import type { CommandModelParams } from '../../steps/command-model.js';
import type { GivenInput } from '../../steps/program.js';
import type { Input } from '../../steps/step.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelFacts } from '../facts.js';
import type { ModelNode } from '../model-node.js';
import type { ModelParts, ModelPlan } from './kind.js';

type Command = ModelOf<'command'>;

export const command: ModelPlan<Command> = {
  add: addCommand,
  text: ({ command: { run }, inputs, like }) => {
    const given = Object.values(inputs).map((input) => ('model' in input ? input.model : input.dataset));
    return `made of ${given.join(', ')} by the program ${run.join(' ')}, with the tensors of input ${like}`;
  },
};

function addCommand(model: Command, parts: ModelParts): ModelNode {
  const planned = parts.programs.add(`models.${model.name}`, model.command);
  const inputs: Record<string, Input> = { ...planned.inputs };
  const kinds: Record<string, GivenInput> = {};
  const waitsFor = new Set<string>();
  let like: ModelFacts | undefined;
  let isKnown = true;
  for (const [name, input] of Object.entries(model.inputs)) {
    const isModel = 'model' in input;
    kinds[name] = isModel ? 'model' : 'dataset';
    const made = isModel ? parts.made.get(input.model)! : parts.datasets.node(input.dataset);
    if (isModel && name === model.like) like = (made as ModelNode).facts;
    if ('waitsFor' in made) for (const waiting of made.waitsFor) waitsFor.add(waiting);
    if ('node' in made && made.node !== undefined) {
      inputs[`with/${name}`] = { node: made.node, output: isModel ? '*' : 'rows' };
    } else isKnown = false;
  }
  if (!isKnown) return { waitsFor: [...waitsFor], ...(like !== undefined && { facts: factsLike(like) }) };
  const params: CommandModelParams = { program: planned.params, with: kinds, like: model.like };
  const step = { id: `command-model[${model.name}]`, kind: 'command-model' as const, params, inputs };
  const node = parts.builder.add({ ...step, group: `Model ${model.name}`, ...planned.more }, `models.${model.name}`);
  return like === undefined ? { node, waitsFor: [...waitsFor] } : { node, facts: factsLike(like), waitsFor: [] };
}

/** What is known of a model that has the tensors of another: a stored copy of a tied embedding is left out. */
function factsLike({ tensors, tied, files, tokens }: ModelFacts): ModelFacts {
  const kept = [...tensors].filter(([name]) => !isTiedCopy(name, tied, (other) => tensors.has(other)));
  return { tensors: new Map(kept), tied, files, ...(tokens !== undefined && { tokens }) };
}
