import { tensorRole } from './tensor-role.js';

/**
 * Second moment of what a linear layer with the weight W [out, in] takes or gives at some tokens: XᵀX of its inputs X [tokens, in],
 * from which its outputs without bias, Y = X Wᵀ, have YᵀY = W (XᵀX) Wᵀ; or YᵀY itself.
 */
export interface LinearMoment {
  readonly of: 'inputs' | 'outputs';
  /** The output of a step that it is: `inputs/model.layers.0.attentionInput`, `outputs/model.layers.0.mlp.down_proj.weight`. */
  readonly name: string;
  /** It is [side, side]. */
  readonly side: number;
}

/**
 * The moment of every linear layer of a decoder, by the name of its weight. Layers that take the same inputs share XᵀX, unless
 * their own YᵀY are smaller together, as that of down_proj is.
 * @param shapes of the model's tensors by name; those of other tensors are passed over
 */
export function linearMoments(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, LinearMoment> {
  const groups = new Map<string, { readonly name: string; readonly rows: number; readonly columns: number }[]>();
  for (const [name, shape] of shapes) {
    const role = tensorRole(name);
    if (role === undefined || role.part !== 'weight' || shape.length !== 2) continue;
    const inputs = `inputs/${role.layer}.${role.takes}`;
    const group = groups.get(inputs) ?? [];
    groups.set(inputs, group);
    group.push({ name, rows: shape[0]!, columns: shape[1]! });
  }
  const moments = new Map<string, LinearMoment>();
  for (const [inputs, group] of groups) {
    const side = group[0]!.columns;
    const areOutputsSmaller = group.reduce((sum, { rows }) => sum + packedLength(rows), 0) < packedLength(side);
    for (const { name, rows } of group) {
      const outputs: LinearMoment = { of: 'outputs', name: `outputs/${name}`, side: rows };
      moments.set(name, areOutputsSmaller ? outputs : { of: 'inputs', name: inputs, side });
    }
  }
  return moments;
}

/** Elements of the lower triangle of a [side, side] matrix, its diagonal included: row after row, as a moment is stored in f64. */
export function packedLength(side: number): number {
  return (side * (side + 1)) / 2;
}

/** Bytes of all moments of a model. */
export function momentBytes(moments: ReadonlyMap<string, LinearMoment>): number {
  const sides = new Map([...moments.values()].map(({ name, side }) => [name, side]));
  return [...sides.values()].reduce((sum, side) => sum + 8 * packedLength(side), 0);
}
