/** Bytes of one element, by the names of the safetensors format. Types smaller than a byte (F4, F6) are not read. */
export const bytesPerElement = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  F8_E4M3: 1,
  F8_E5M2: 1,
  F8_E8M0: 1,
  C64: 8,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

/** Element types of safetensors files that runflow reads. It computes with F64, F32, F16 and BF16 and carries the rest. */
export type DType = keyof typeof bytesPerElement;

/** What a tensor is, without its data. Data is row-major, little-endian. */
export interface TensorInfo {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** A tensor, and the place of its bytes in its file. */
export interface StoredTensor extends TensorInfo {
  readonly offset: number;
  readonly bytes: number;
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function tensorBytes(tensor: { readonly dtype: DType; readonly shape: readonly number[] }): number {
  return elementCount(tensor.shape) * bytesPerElement[tensor.dtype];
}
