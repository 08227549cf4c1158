import { type FloatType, isFloatType } from './float-conversion.js';
import { bytesPerElement, type DType } from './tensor.js';

/** Bits of the exponent in the word that holds it: all set in NaN and infinities. Of an F64 that is its upper word. */
const exponents: Readonly<Record<FloatType, number>> = { F64: 0x7ff00000, F32: 0x7f800000, F16: 0x7c00, BF16: 0x7f80 };

/** Looks for NaN and infinities in the little-endian bytes of a tensor, part by part. */
export class NonFiniteScan {
  readonly #type: FloatType | undefined;
  readonly #size: number;
  #rest = new Uint8Array(0);
  #elements = 0;
  #count = 0;
  #first: number | undefined;

  constructor(dtype: DType) {
    this.#type = isFloatType(dtype) ? dtype : undefined;
    this.#size = bytesPerElement[dtype];
  }

  /** How many elements are NaN or infinite so far; integers never are. */
  get count(): number {
    return this.#count;
  }
  /** Index of the first one. */
  get first(): number | undefined {
    return this.#first;
  }

  /** The next bytes of the tensor. A part may end inside of an element. */
  add(part: Uint8Array): void {
    if (this.#type === undefined) return;
    let bytes = part;
    if (this.#rest.length > 0) {
      bytes = new Uint8Array(this.#rest.length + part.length);
      bytes.set(this.#rest);
      bytes.set(part, this.#rest.length);
    }
    const elements = Math.floor(bytes.length / this.#size);
    this.#rest = bytes.slice(elements * this.#size);
    this.#scan(bytes, elements, exponents[this.#type]);
    this.#elements += elements;
  }

  #scan(bytes: Uint8Array, elements: number, exponent: number): void {
    const Words = this.#size === 2 ? Uint16Array : Uint32Array;
    const wordBytes = Words.BYTES_PER_ELEMENT;
    const { buffer, byteOffset } = bytes.byteOffset % wordBytes === 0 ? bytes : bytes.slice();
    const step = this.#size / wordBytes;
    const words = new Words(buffer as ArrayBuffer, byteOffset, elements * step);
    for (let i = step - 1; i < words.length; i += step) {
      if ((words[i]! & exponent) === exponent) {
        this.#count++;
        this.#first ??= this.#elements + (i + 1 - step) / step;
      }
    }
  }
}
