import { readFileSync } from 'node:fs';
import { type Dense, dense } from './one-sided-jacobi.js';

/** Tensors of a .safetensors file in f64, as the matrices they are decomposed as; read without the product's code. */
export interface OracleTensor {
  readonly shape: readonly number[];
  /** First dimension × rest; a 1-D tensor is a column. */
  readonly matrix: Dense;
}

export function readSafetensors(file: string): Map<string, OracleTensor> {
  const bytes = readFileSync(file);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, OracleTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets } = entry;
    const [start, end] = data_offsets.map((offset) => 8 + headerBytes + offset) as [number, number];
    const rows = shape[0] ?? 1;
    const count = shape.reduce((product, size) => product * size, 1);
    const values = numbersOf(bytes.subarray(start, end), dtype);
    tensors.set(name, { shape, matrix: dense(rows, count / rows, values) });
  }
  return tensors;
}

function numbersOf(bytes: Buffer, dtype: string): number[] {
  const size = { F64: 8, F32: 4, F16: 2, BF16: 2 }[dtype]!;
  return Array.from({ length: bytes.length / size }, (_, i) => {
    const at = i * size;
    if (dtype === 'F64') return bytes.readDoubleLE(at);
    if (dtype === 'F32') return bytes.readFloatLE(at);
    return dtype === 'F16' ? half(bytes.readUInt16LE(at)) : brain(bytes.readUInt16LE(at));
  });
}

/** IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction bits. */
function half(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 31;
  const fraction = word & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** bfloat16: the upper half of a binary32. */
function brain(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 7) & 255;
  const fraction = word & 127;
  if (exponent === 255) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -133 : (1 + fraction / 128) * 2 ** (exponent - 127));
}
