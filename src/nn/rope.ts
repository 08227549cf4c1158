import { readAccess, writeAccess } from '../gpu/element-access.js';
import type { Binding, DeviceBuffer, Gpu } from '../gpu/gpu.js';
import type { DecoderConfig } from './config.js';
import { elementwiseGrid, wholeVectors } from './kernel-shape.js';

/**
 * Rotary frequencies θ^(−2i/headDim), i < headDim/2, in f64 (Su et al., arXiv 2104.09864); `llama3` scaling as in
 * transformers' modeling_rope_utils.py: wavelengths beyond originalContextLength/lowFrequencyFactor are stretched by
 * `factor`, those below originalContextLength/highFrequencyFactor kept, those between blended.
 */
export function rotaryFrequencies({ headDim, ropeTheta, ropeScaling }: DecoderConfig): Float64Array {
  const frequencies = Float64Array.from({ length: headDim / 2 }, (_, i) => ropeTheta ** ((-2 * i) / headDim));
  if (ropeScaling === undefined) return frequencies;
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContextLength } = ropeScaling;
  return frequencies.map((frequency) => {
    const turns = (originalContextLength * frequency) / (2 * Math.PI);
    if (turns > highFrequencyFactor) return frequency;
    if (turns < lowFrequencyFactor) return frequency / factor;
    const kept = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return ((1 - kept) * frequency) / factor + kept * frequency;
  });
}

/**
 * [positions, 2, headDim/2]: the cosines, then the sines, of position × frequency, computed in f64: software devices have sines that are
 * wrong in the third digit.
 */
export function rotaryTable(config: DecoderConfig, positions: number): Float32Array<ArrayBuffer> {
  const frequencies = rotaryFrequencies(config);
  const half = frequencies.length;
  const table = new Float32Array(positions * half * 2);
  for (let p = 0; p < positions; p++)
    for (let i = 0; i < half; i++) {
      table[p * 2 * half + i] = Math.cos(p * frequencies[i]!);
      table[(p * 2 + 1) * half + i] = Math.sin(p * frequencies[i]!);
    }
  return table;
}

/** Tables of the layers that see a whole row, and of those with a window; the same one where all rotate alike. */
export interface RotaryTables {
  readonly global: DeviceBuffer;
  readonly local: DeviceBuffer;
}

/** @see rotaryTable */
export function uploadRotaryTables(gpu: Gpu, config: DecoderConfig, positions: number): RotaryTables {
  const global = gpu.upload(rotaryTable(config, positions), 'rotary table');
  if (config.localRopeTheta === undefined) return { global, local: global };
  const { ropeScaling: _, ...plain } = config;
  const local = rotaryTable({ ...plain, ropeTheta: config.localRopeTheta }, positions);
  return { global, local: gpu.upload(local, 'rotary table of layers with a window') };
}

/** Adds biases and turns the query and key heads of x, in place. See kernels/rope.wgsl. */
export interface Rotation {
  readonly rows: number;
  readonly config: DecoderConfig;
  /** [rows, (heads + 2·kvHeads)·headDim]: queries, keys and values side by side. */
  readonly x: DeviceBuffer;
  /** Position of every row: [rows] u32, below the positions of the table. */
  readonly positions: Binding;
  readonly table: DeviceBuffer;
  /** `backward` turns a gradient back. */
  readonly direction: 'forward' | 'backward';
}

export function applyRotation(gpu: Gpu, { rows, config, x, positions, table, direction }: Rotation): void {
  const { heads, kvHeads, headDim } = config;
  const aligned = wholeVectors(headDim / 2);
  const rotated = heads + kvHeads;
  gpu.dispatch({
    kernel: 'rope',
    constants: { HALF: headDim / 2 },
    text: { x: writeAccess('x', 0, aligned), table: readAccess('table', 2, 'F32', aligned) },
    bindings: [x, positions, table],
    uniforms: [rows, (rotated + kvHeads) * headDim, rotated, { f32: direction === 'forward' ? 1 : -1 }],
    workgroups: elementwiseGrid(gpu, rows * rotated, headDim / 2),
  });
}
