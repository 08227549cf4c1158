import type { Family, RopeKind } from '../formats/families/family.js';
import type { ConfigFields } from './config-fields.js';

/** `llama3` scaling of the rotary frequencies (Llama 3.1 and later), by the names of config.json. */
export interface Llama3RopeScaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContextLength: number;
}

interface Rope {
  readonly theta: number;
  readonly scaling?: Llama3RopeScaling;
}

/**
 * `rope_scaling` beside `rope_theta`, or in newer files both in `rope_parameters`; with `localTheta` of a family whose local layers
 * rotate by a base of their own, `rope_local_base_freq`, or in newer files in `rope_parameters` for each kind of layer.
 */
export function ropeOf(fields: ConfigFields, family: Family): Rope & { readonly localTheta?: number } {
  const { ropeKinds, localLayers, unlessSaid } = family;
  const name = fields.has('rope_parameters') ? 'rope_parameters' : 'rope_scaling';
  if (fields.has('rope_parameters') && fields.has('rope_scaling')) beside(fields, 'rope_scaling');
  const rope = fields.object(name);
  if (localLayers !== null && name === 'rope_parameters') {
    for (const other of ['rope_theta', 'rope_local_base_freq']) if (fields.has(other)) beside(fields, other);
    const [global, local] = [rope!.object('full_attention'), rope!.object('sliding_attention')];
    if (global === undefined || local === undefined) {
      return fields.refuse(name, '…', 'does not say how both full_attention and sliding_attention rotate');
    }
    const { theta: localTheta } = described(local, ['default'], local.number('rope_theta', localLayers.ropeTheta));
    return { ...described(global, ropeKinds, global.number('rope_theta', unlessSaid.ropeTheta)), localTheta };
  }
  const outer = fields.number('rope_theta', unlessSaid.ropeTheta);
  const own = localLayers && { localTheta: fields.number('rope_local_base_freq', localLayers.ropeTheta) };
  if (rope === undefined) return { theta: outer, ...own };
  const theta = rope.number('rope_theta', outer);
  if (fields.has('rope_theta') && theta !== outer) {
    rope.refuse('rope_theta', theta, `is not the rope_theta beside it, ${outer}: which one counts is unclear`);
  }
  return { ...described(rope, ropeKinds, theta), ...own };
}

function beside(fields: ConfigFields, name: string): never {
  return fields.refuse(name, '…', 'stands beside rope_parameters: which one counts is unclear');
}

function described(rope: ConfigFields, kinds: readonly RopeKind[], theta: number): Rope {
  const type = rope.oneOf(rope.has('rope_type') ? 'rope_type' : 'type', kinds, 'default');
  const partial = rope.number('partial_rotary_factor', 1);
  if (partial !== 1) rope.refuse('partial_rotary_factor', partial, 'is not computed; only 1 is');
  if (type === 'default') return { theta };
  return {
    theta,
    scaling: {
      factor: rope.number('factor'),
      lowFrequencyFactor: rope.number('low_freq_factor'),
      highFrequencyFactor: rope.number('high_freq_factor'),
      originalContextLength: rope.count('original_max_position_embeddings'),
    },
  };
}
