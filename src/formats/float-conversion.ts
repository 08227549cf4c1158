import type { DType } from './tensor.js';

/** The element types that runflow computes with. Arithmetic is f32; the others are storage formats. */
export type FloatType = 'F64' | 'F32' | 'F16' | 'BF16';

export function isFloatType(dtype: DType): dtype is FloatType {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

/** The bits of the f32 that equals each of the 65,536 f16 numbers; NaN payloads move to the top of the mantissa. */
let halfTable: Uint32Array<ArrayBuffer> | undefined;

function float32BitsOfHalves(): Uint32Array<ArrayBuffer> {
  if (halfTable !== undefined) return halfTable;
  const table = new Uint32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    let exponent = (half >> 10) & 0x1f;
    let mantissa = half & 0x3ff;
    if (exponent === 31) exponent = 255;
    else if (exponent > 0) exponent += 112;
    else if (mantissa > 0) {
      const shift = Math.clz32(mantissa) - 21; // moves the leading one to the implicit place
      mantissa = (mantissa << shift) & 0x3ff;
      exponent = 113 - shift;
    }
    table[half] = sign | (exponent << 23) | (mantissa << 13);
  }
  halfTable = table;
  return table;
}

/** Round to nearest, ties to even; a NaN stays a quiet NaN with its sign; overflow gives infinity. */
function bfloat16Bits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** Round to nearest, ties to even, through the subnormals; a NaN stays a quiet NaN; overflow gives infinity. */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 2^16 and above
  if (magnitude >= 0x38800000) {
    // Normal: move the exponent's bias from 127 to 15; a carry out of the mantissa raises the exponent, up to infinity.
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (magnitude >>> 23);
  if (shift > 25) return sign; // at most a quarter of the smallest subnormal
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | ((mantissa + (2 ** (shift - 1) - 1) + ((mantissa >>> shift) & 1)) >>> shift);
}

/** A view of bytes as an aligned typed array's buffer; copies only when they do not start on a multiple of `size`. */
function aligned(bytes: Uint8Array, size: number): { buffer: ArrayBufferLike; byteOffset: number } {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice();
}

/**
 * The numbers of a tensor as f32: F32 is viewed, not copied, when it is aligned; F16 and BF16 are exact; F64 is rounded
 * to nearest even and becomes infinite beyond the range of f32. Bytes are little-endian.
 */
export function toFloat32(bytes: Uint8Array, dtype: FloatType): Float32Array {
  if (dtype === 'F32') {
    const { buffer, byteOffset } = aligned(bytes, 4);
    return new Float32Array(buffer, byteOffset, bytes.length / 4);
  }
  if (dtype === 'F64') {
    const { buffer, byteOffset } = aligned(bytes, 8);
    return new Float32Array(new Float64Array(buffer, byteOffset, bytes.length / 8));
  }
  const { buffer, byteOffset } = aligned(bytes, 2);
  const words = new Uint16Array(buffer, byteOffset, bytes.length / 2);
  const bits = new Uint32Array(words.length);
  if (dtype === 'BF16') {
    for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  } else {
    const table = float32BitsOfHalves();
    for (let i = 0; i < words.length; i++) bits[i] = table[words[i]!]!;
  }
  return new Float32Array(bits.buffer);
}

/** The numbers of a tensor as f64, exactly; a copy. */
export function toFloat64(bytes: Uint8Array, dtype: FloatType): Float64Array {
  if (dtype !== 'F64') return new Float64Array(toFloat32(bytes, dtype));
  const { buffer, byteOffset } = aligned(bytes, 8);
  return new Float64Array(new Float64Array(buffer, byteOffset, bytes.length / 8));
}

/** The bytes of f64 numbers in a storage type, rounded once to nearest even. F64 is viewed, not copied. */
export function fromFloat64(values: Float64Array, dtype: FloatType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F64') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  const singles = new Float32Array(values);
  if (dtype === 'F32') return fromFloat32(singles, dtype);
  // What f32 cuts off would be rounded twice: to odd first, an f32 keeps on which side of a tie it was.
  const bits = new Uint32Array(singles.buffer);
  for (let i = 0; i < values.length; i++) {
    const [exact, single] = [values[i]!, singles[i]!];
    if (exact === single) continue;
    if (Math.abs(single) > Math.abs(exact)) bits[i]! -= 1;
    bits[i]! |= 1;
  }
  return fromFloat32(singles, dtype);
}

/** The bytes of f32 numbers in a storage type, rounded to nearest even. F32 is viewed, not copied. */
export function fromFloat32(values: Float32Array, dtype: FloatType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return new Uint8Array(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength);
  if (dtype === 'F64') return new Uint8Array(new Float64Array(values).buffer);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const words = new Uint16Array(values.length);
  if (dtype === 'BF16') for (let i = 0; i < words.length; i++) words[i] = bfloat16Bits(bits[i]!);
  else for (let i = 0; i < words.length; i++) words[i] = halfBits(bits[i]!);
  return new Uint8Array(words.buffer);
}
