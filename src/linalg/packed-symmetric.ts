import type { Turns } from '../formats/turns.js';
import { sharedArray } from './host/compute.js';

/** Adds the lower triangle of a symmetric matrix [n, n] to a packed one, row after row with n (n + 1) / 2 elements. */
export async function addLower(packed: Float64Array, matrix: Float64Array, n: number, turns: Turns): Promise<void> {
  for (let i = 0, at = 0; i < n; i++) {
    await turns.take();
    for (let j = 0; j <= i; j++) packed[at++]! += matrix[i * n + j]!;
  }
}

/** A packed symmetric matrix with both triangles, in memory that HostCompute can work on without copying it. */
export async function unpacked(packed: Float64Array, n: number, turns: Turns): Promise<Float64Array> {
  const matrix = sharedArray(n * n);
  for (let i = 0, at = 0; i < n; i++) {
    await turns.take();
    for (let j = 0; j <= i; j++, at++) {
      matrix[i * n + j] = packed[at]!;
      matrix[j * n + i] = packed[at]!;
    }
  }
  return matrix;
}
