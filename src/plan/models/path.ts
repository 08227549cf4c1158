import { prefixesText } from '../../formats/tensor-names.js';
import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelPlan } from './kind.js';

export const path: ModelPlan<ModelOf<'path'>> = {
  add(model, { builder, facts: { models } }) {
    const node = `source[${model.name}]`;
    builder.addSource(node, { kind: 'model', name: model.name });
    const facts = models.get(model.name)!;
    const why = 'not read: the weights come from the safetensors files that transformers would take';
    for (const what of facts.unread ?? []) builder.omit({ of: `models.${model.name}`, what, why });
    const { leftOut = [] } = facts;
    for (const what of leftOut) builder.omit({ of: `models.${model.name}`, what, why: underNoPrefix });
    if (leftOut.length > 0) builder.omit({ of: `models.${model.name}`, what: 'config.json', why: configOfWhole });
    return { node, facts, waitsFor: [] };
  },
  text: ({ names }) => `local checkpoint${names === undefined ? '' : `, ${prefixesText(names)}`}`,
};

const underNoPrefix = 'its name has none of the beginnings under names';
const configOfWhole = 'it describes the whole checkpoint, of which names takes a part';
