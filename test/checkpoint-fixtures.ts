import { rm } from 'node:fs/promises';
import { writeCheckpoint } from '../src/formats/checkpoint-writer.js';
import { type FloatType, fromFloat32 } from '../src/formats/float-conversion.js';
import type { JsonObject } from '../src/formats/json.js';
import type { TensorInfo } from '../src/formats/tensor.js';

/** Shape and values, row-major; what is stored is rounded to the file's type. */
export interface FixtureTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface FixtureOptions {
  readonly dtype?: FloatType;
  readonly config?: JsonObject;
  /** Larger checkpoints are split into files of at most so many bytes. */
  readonly shardBytes?: number;
}

/** Writes a checkpoint folder of exactly these tensors, in place of what is there. */
export async function writeFixture(
  folder: string,
  tensors: Readonly<Record<string, FixtureTensor>>,
  { dtype = 'F32', config, shardBytes }: FixtureOptions = {},
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const contents = {
    tensors: Object.entries(tensors).map(([name, { shape }]) => ({ name, dtype, shape })),
    source: ({ name }: TensorInfo) => [fromFloat32(tensors[name]!.values, dtype)],
    files: new Map(config === undefined ? [] : [['config.json', [Buffer.from(JSON.stringify(config))]]]),
  };
  await writeCheckpoint(folder, contents, shardBytes);
}

/** Numbers in [−1, 1) · scale that depend on the seed only (mulberry32). */
export function noise(seed: number, count: number, scale = 1): Float32Array {
  let state = seed * 0x9e3779b9;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) / 2 ** 31 - 1) * scale;
  });
}

/** The tensors plus noise of their own: another checkpoint of the same architecture. */
export function moved(tensors: Readonly<Record<string, FixtureTensor>>, seed: number, scale: number) {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values }], index) => {
      const step = noise(seed * 1000 + index, values.length, scale);
      return [name, { shape, values: values.map((value, i) => value + step[i]!) }];
    }),
  );
}

/** A checkpoint of random numbers. */
export function randomTensors(shapes: Readonly<Record<string, readonly number[]>>, seed: number) {
  const zeros = Object.entries(shapes).map(([name, shape]) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return [name, { shape, values }] as const;
  });
  return moved(Object.fromEntries(zeros), seed, 1);
}
