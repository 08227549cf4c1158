import type { ModelOf } from '../../workflow/models/model.js';
import type { ModelPlan } from './kind.js';

export const path: ModelPlan<ModelOf<'path'>> = {
  add(model, { builder, facts: { models } }) {
    const node = `source[${model.name}]`;
    builder.addSource(node, { kind: 'model', name: model.name });
    const facts = models.get(model.name)!;
    const why = 'not read: the weights come from the safetensors files that transformers would take';
    for (const what of facts.unread ?? []) builder.omit({ of: `models.${model.name}`, what, why });
    return { node, facts, waitsFor: [] };
  },
  text: () => 'local checkpoint',
};
