import { DataError } from '../../diagnostics/errors.js';
import { toFloat32 } from '../../formats/float-conversion.js';
import { packedLength } from '../../formats/linear-moments.js';
import { bytesPerElement } from '../../formats/tensor.js';
import { Turns } from '../../formats/turns.js';
import { hostCompute } from '../../linalg/host/compute.js';
import type { SymmetricEigen } from '../../linalg/host/symmetric-eigen.js';
import { type OutputDirections, outputDirections, outputDirectionsOf } from '../../linalg/output-directions.js';
import { unpacked } from '../../linalg/packed-symmetric.js';
import type { OutputBasisParams } from '../../steps/output-basis.js';
import type { StepContext } from '../step-context.js';
import { matrixInput } from './update-tensor.js';
import { withArithmetic } from './with-arithmetic.js';

/** @throws DataError when weight and moment are of different sizes, or hold what is not finite */
export async function makeOutputBasis(context: StepContext<OutputBasisParams>): Promise<void> {
  const { directions } = context.params;
  const { vectors, eigenvalues } = await directionsOf(context, directions);
  const shape = [vectors.length / directions, directions];
  await context.write('q', new Uint8Array(vectors.buffer), { dtype: 'F32', shape });
  await context.write('eigenvalues', new Uint8Array(eigenvalues.buffer), { dtype: 'F64', shape: [directions] });
}

async function directionsOf(context: StepContext, directions: number): Promise<OutputDirections> {
  if (context.has('outputs')) return outputDirections(await eigenOf(context, 'outputs'), directions);
  const weight = matrixInput(context, 'weight');
  const { rows, columns, artifact, dtype } = weight;
  const inputs = await eigenOf(context, 'inputs');
  if (inputs.values.length !== columns) {
    throw new DataError(`the weight takes ${columns} inputs, the moment is of ${inputs.values.length}`);
  }
  const rowBytes = columns * bytesPerElement[dtype];
  const window = async (start: number, count: number) => {
    const values = toFloat32(await context.read(artifact, start * rowBytes, count * rowBytes), dtype);
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at < 0) return values;
    const place = `row ${start + Math.floor(at / columns)}, column ${at % columns} (counted from 0)`;
    throw new DataError(`the weight holds ${values[at]} at ${place}`);
  };
  return withArithmetic(context, (arithmetic) =>
    outputDirectionsOf(arithmetic, { rows, columns, window }, inputs, directions),
  );
}

async function eigenOf(context: StepContext, name: string): Promise<SymmetricEigen> {
  const packed = new Float64Array((await context.read(context.input(name))).slice().buffer);
  const side = Math.floor(Math.sqrt(2 * packed.length));
  if (packedLength(side) !== packed.length) throw new DataError(`input "${name}" is no lower triangle`);
  return hostCompute.eigen(await unpacked(packed, side, new Turns(context.signal)), side);
}
