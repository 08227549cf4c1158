import type { DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { LayerInputs } from './layer-inputs.js';
import { allColumns, type Linear, linear } from './linear.js';
import { gatherRows } from './rows.js';

/** Vectors [rows, side] of a linear layer. */
export interface LinearVectors {
  /** The name of its weight; of inputs that several layers share, of the first. */
  readonly tensor: string;
  readonly vectors: Float32Array<ArrayBuffer>;
}

/**
 * What the linear layers of one layer take at some rows of a batch: X, once where several share it; or what they give without
 * their bias: X Wᵀ.
 * @param chosen rows of the batch, at least one
 * @param isOutput which of the two is wanted, by the name of a weight
 */
export async function* linearVectors(
  gpu: Gpu,
  { inputs, linears, rows: sourceRows }: LayerInputs,
  chosen: Uint32Array,
  isOutput: (tensor: string) => boolean,
): AsyncGenerator<LinearVectors> {
  const rows = chosen.length;
  const index = gpu.upload(chosen, 'chosen rows');
  try {
    for (const [name, taking] of linears) {
      const columns = taking[0]!.inputs;
      const taken = gpu.allocate(rows * columns * 4, 'inputs of chosen rows');
      try {
        const source = { buffer: inputs[name], type: 'F32' } as const;
        gatherRows(gpu, { source, sourceRows, columns, index, rows, y: taken });
        const shared = taking.find(({ weight }) => !isOutput(weight.name));
        if (shared !== undefined) {
          yield { tensor: shared.weight.name, vectors: new Float32Array(await gpu.read(taken, 0, rows * columns * 4)) };
        }
        for (const layer of taking) {
          if (!isOutput(layer.weight.name)) continue;
          yield { tensor: layer.weight.name, vectors: await outputsOf(gpu, layer, taken, rows) };
        }
      } finally {
        gpu.release(taken);
      }
    }
  } finally {
    gpu.release(index);
  }
}

async function outputsOf(gpu: Gpu, layer: Linear, x: DeviceBuffer, rows: number): Promise<Float32Array<ArrayBuffer>> {
  const bytes = rows * layer.outputs * 4;
  const y = gpu.allocate(bytes, 'outputs of chosen rows');
  try {
    linear(gpu, rows, { ...layer, bias: undefined }, x, allColumns(y, layer.outputs));
    return new Float32Array(await gpu.read(y, 0, bytes));
  } finally {
    gpu.release(y);
  }
}
