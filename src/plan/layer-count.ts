import type { ModelFacts } from './facts.js';

/** Decoder layers of a model, by the names of its tensors. */
export function layerCount({ tensors }: Pick<ModelFacts, 'tensors'>): number {
  let last = -1;
  for (const name of tensors.keys()) last = Math.max(last, Number(/^model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1));
  return last + 1;
}
