import { type LinearInput, linearInputs } from '../formats/families/family.js';
import type { DeviceBuffer } from '../gpu/gpu.js';
import type { Activations } from './activations.js';
import { addRows } from './add-rows.js';
import type { ForwardBatch } from './forward-batch.js';
import { type LayerPass, layerForward, linearInputsOf } from './layer.js';
import type { Layer } from './layer-weights.js';
import type { Linear } from './linear.js';
import { writeInParts } from './write-in-parts.js';

/** What the linear layers of one layer take, in one batch. */
export interface LayerInputs {
  readonly layer: number;
  readonly batch: number;
  /** Tokens of the batch. */
  readonly rows: number;
  /** [rows, inputs] each. */
  readonly inputs: Readonly<Record<LinearInput, DeviceBuffer>>;
  /** The linear layers by what they take. */
  readonly linears: ReadonlyMap<LinearInput, readonly Linear[]>;
}

function linearsOf({ queryKeyValue, output, gateUp, down }: Layer): LayerInputs['linears'] {
  return new Map<LinearInput, readonly Linear[]>([
    [linearInputs.query, queryKeyValue],
    [linearInputs.output, [output]],
    [linearInputs.gate, gateUp],
    [linearInputs.down, [down]],
  ]);
}

/** What of a decoder its layers are run with. */
export interface LayerByLayer {
  readonly layers: readonly Layer[];
  pack(sequences: readonly ArrayLike<number>[]): ForwardBatch;
  /** Makes room for a batch on the device. */
  prepare(batch: ForwardBatch): { readonly pass: LayerPass; readonly activations: Activations };
  /** Writes the stream that enters the first layer. */
  embed(pass: LayerPass, y: DeviceBuffer): void;
}

/**
 * Runs batches through one layer after another: through each all of them, so that what is made of a layer need not be kept for
 * the next. Between layers the residual streams of all batches are in the host's memory; the device has the activations of one
 * batch. A result is good until the next is asked for.
 */
export async function* layerInputs(
  batches: readonly (readonly ArrayLike<number>[])[],
  { layers, pack, prepare, embed }: LayerByLayer,
): AsyncGenerator<LayerInputs> {
  const streams: Uint8Array[] = [];
  for (const [index, layer] of layers.entries()) {
    for (const [batch, sequences] of batches.entries()) {
      const packed = pack(sequences);
      const { rows } = packed;
      try {
        const { pass, activations: a } = prepare(packed);
        const { gpu, config, change } = pass;
        if (index === 0) embed(pass, a.last);
        else await writeInParts(gpu, a.last, streams[batch]!);
        change?.entering(index, a.last, rows);
        const forward = { layer, activations: a.layers[index]!, entry: a.entries[index]! };
        layerForward(pass, { ...forward, x: a.last, attentionBranch: a.branch, mlpBranch: a.mlpBranch });
        yield { layer: index, batch, rows, inputs: linearInputsOf(forward), linears: linearsOf(layer) };
        if (index === layers.length - 1) continue;
        addRows(gpu, {
          rows,
          columns: config.hidden,
          x: forward.activations.middle,
          branch: a.mlpBranch,
          sum: a.last,
        });
        streams[batch] = new Uint8Array(await gpu.read(a.last, 0, rows * config.hidden * 4));
      } finally {
        packed.release();
      }
    }
  }
}
