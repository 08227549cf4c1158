import { layerPrefix, normSize } from '../formats/architecture.js';
import type { LinearRole, LinearTensors, NormRole } from '../formats/families/family.js';
import { families } from '../formats/families/registry.js';
import type { DecoderConfig } from './config.js';
import type { Linear } from './linear.js';
import type { Parameter } from './parameter.js';

/** A linear layer whose outputs are the columns from those of `role` on: of one role, or of a fused few. */
export interface ProjectionWeights<Role extends LinearRole> extends Linear {
  readonly role: Role;
}

/** Gain of an RMSNorm, and the groups of a row that are normalised each for itself. */
export interface Norm {
  readonly gain: Parameter;
  /** What is added to the gain. */
  readonly offset: 0 | 1;
  readonly groups: number;
}

/** The weights of one decoder layer, by what they do. */
export interface Layer {
  readonly norms: Readonly<Partial<Record<NormRole, Norm>>>;
  readonly queryKeyValue: readonly ProjectionWeights<'query' | 'key' | 'value'>[];
  readonly output: Linear;
  readonly gateUp: readonly ProjectionWeights<'gate' | 'up'>[];
  readonly down: Linear;
  /** The table that turns queries and keys. */
  readonly rotation: 'none' | 'global' | 'local';
}

/** @param parameters by name, all of the architecture */
export function layerWeights(config: DecoderConfig, index: number, parameters: ReadonlyMap<string, Parameter>): Layer {
  const prefix = layerPrefix(index);
  const { norms, linears, gainOffset: offset } = families[config.family];
  const rotates = config.rotaryLayers?.[index] ?? true;
  return {
    norms: Object.fromEntries(
      norms.map((norm) => {
        const { width, gain } = normSize(config, norm);
        return [norm.role, { gain: parameters.get(`${prefix}${norm.name}.weight`)!, offset, groups: width / gain }];
      }),
    ),
    queryKeyValue: projections('query', 'key', 'value'),
    output: projections('output')[0]!,
    gateUp: projections('gate', 'up'),
    down: projections('down')[0]!,
    rotation: !rotates ? 'none' : config.localLayers?.[index] ? 'local' : 'global',
  };

  function projections<Role extends LinearRole>(...roles: readonly Role[]): ProjectionWeights<Role>[] {
    return roles.flatMap((role) =>
      linears.filter((tensors) => tensors.roles[0] === role).map((tensors) => ({ ...linear(tensors), role })),
    );
  }

  function linear({ name }: LinearTensors): Linear {
    const weight = parameters.get(`${prefix}${name}.weight`)!;
    const [outputs, inputs] = weight.shape as readonly [number, number];
    return { weight, bias: parameters.get(`${prefix}${name}.bias`), outputs, inputs };
  }
}
