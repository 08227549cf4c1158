import { DataError } from '../diagnostics/errors.js';
import { JsonSyntaxError, parseStrictJson, type StrictJson } from './strict-json.js';
import { bytesPerElement, type DType, type StoredTensor, type TensorInfo, tensorBytes } from './tensor.js';

/** The format's own limit. */
export const maximumHeaderBytes = 100_000_000;
const maximumNameLength = 1024;
const unsafeInName = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** Tensors in the order of their bytes; offsets count from the start of the file. */
  readonly tensors: readonly StoredTensor[];
}

/**
 * Reads a header, the JSON between the 8-byte length and the data
 * (https://github.com/huggingface/safetensors#format), strictly: every key once, offsets exactly shape × element size,
 * tensors back to back without overlap or hole, and the data exactly `dataBytes` long.
 * Throws a DataError that names `file` and the tensor.
 */
export function parseSafetensorsHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  const dataStart = 8 + json.length;
  const root = parseText(json, file);
  if (!(root instanceof Map)) throw new DataError(`${file}: the safetensors header is not a JSON object`);
  const metadata = new Map<string, string>();
  const tensors: StoredTensor[] = [];
  for (const [name, value] of root as ReadonlyMap<string, StrictJson>) {
    if (name === '__metadata__') {
      if (!(value instanceof Map)) throw new DataError(`${file}: __metadata__ is not a map of strings`);
      for (const [key, text] of value as ReadonlyMap<string, StrictJson>) {
        if (typeof text !== 'string') throw new DataError(`${file}: __metadata__ has a value that is not a string`);
        metadata.set(key, text);
      }
    } else {
      tensors.push(parseTensor(name, value, dataStart, file));
    }
  }
  tensors.sort((a, b) => a.offset - b.offset || a.bytes - b.bytes);
  checkLayout(tensors, dataStart, dataBytes, file);
  return { metadata, tensors };
}

function parseText(json: Uint8Array, file: string): StrictJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json);
  } catch (cause) {
    throw new DataError(`${file}: the safetensors header is not UTF-8`, { cause });
  }
  if (!text.startsWith('{')) throw new DataError(`${file}: the safetensors header does not begin with {`);
  try {
    return parseStrictJson(text, { depth: 3, unsignedIntegers: true });
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    throw new DataError(`${file}: the safetensors header is not valid: ${cause.message}`, { cause });
  }
}

function parseTensor(name: string, value: StrictJson, dataStart: number, file: string): StoredTensor {
  if (name === '' || name.length > maximumNameLength || unsafeInName.test(name)) {
    throw new DataError(
      `${file}: the tensor name ${JSON.stringify(name.slice(0, 80))} is empty, too long or unprintable`,
    );
  }
  const refuse = (what: string): never => {
    throw new DataError(`${file}: tensor ${name}: ${what}`);
  };
  if (!(value instanceof Map)) return refuse('its header entry is not an object');
  const entry = value as ReadonlyMap<string, StrictJson>;
  for (const key of entry.keys()) {
    if (key !== 'dtype' && key !== 'shape' && key !== 'data_offsets') refuse(`unknown field ${JSON.stringify(key)}`);
  }
  const dtype = entry.get('dtype');
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype)) {
    return refuse(
      `its dtype ${dtype === undefined ? 'is missing' : `${JSON.stringify(dtype)} is not one that runflow reads`}`,
    );
  }
  const shape = integers(entry.get('shape'));
  if (shape === undefined) return refuse('its shape is not a list of sizes');
  const offsets = integers(entry.get('data_offsets'));
  if (offsets === undefined || offsets.length !== 2) return refuse('its data_offsets are not two numbers');
  let expected: number = bytesPerElement[dtype as DType];
  for (const size of shape) {
    expected *= size;
    if (!Number.isSafeInteger(expected)) return refuse(`its shape [${shape.join(', ')}] is larger than any file`);
  }
  const [begin, end] = offsets as [number, number];
  if (end - begin !== expected) {
    return refuse(`its data_offsets span ${end - begin} bytes, but ${dtype} [${shape.join(', ')}] takes ${expected}`);
  }
  return { name, dtype: dtype as DType, shape, offset: dataStart + begin, bytes: expected };
}

function integers(value: StrictJson | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'number') ? (value as readonly number[]) : undefined;
}

function checkLayout(tensors: readonly StoredTensor[], dataStart: number, dataBytes: number, file: string): void {
  let end = dataStart;
  let previous = 'the header';
  for (const { name, offset, bytes } of tensors) {
    if (offset < end) throw new DataError(`${file}: tensor ${name} overlaps ${previous} by ${end - offset} bytes`);
    if (offset > end)
      throw new DataError(`${file}: ${offset - end} bytes between ${previous} and ${name} belong to no tensor`);
    end = offset + bytes;
    previous = name;
  }
  const fileBytes = dataStart + dataBytes;
  if (end > fileBytes) {
    const cut = tensors.find(({ offset, bytes }) => offset + bytes > fileBytes)!;
    throw new DataError(
      `${file}: truncated at tensor ${cut.name}: the header describes ${end} bytes, the file has ${fileBytes}`,
      { hint: 'Download or copy the file again.' },
    );
  }
  if (end < fileBytes) {
    throw new DataError(`${file}: ${fileBytes - end} bytes after the last tensor (${previous}) belong to no tensor`);
  }
}

/** Order of the reference implementation: larger elements first, so that every tensor is aligned, then by name. */
const serializationOrder: readonly DType[] = [
  ...(['U64', 'I64', 'F64', 'C64', 'F32', 'U32', 'I32', 'BF16', 'F16', 'U16', 'I16'] as const),
  ...(['F8_E8M0', 'F8_E4M3', 'F8_E5M2', 'I8', 'U8', 'BOOL'] as const),
];

/**
 * Lays tensors out as the reference implementation does and returns the first bytes of the file (length, JSON, spaces
 * up to a multiple of 8) with the tensors in the order in which their bytes must follow.
 */
export function serializeSafetensorsHeader(
  tensors: readonly TensorInfo[],
  metadata: Readonly<Record<string, string>>,
): { readonly head: Uint8Array<ArrayBuffer>; readonly tensors: readonly StoredTensor[] } {
  const ordered = [...tensors].sort(
    (a, b) =>
      serializationOrder.indexOf(a.dtype) - serializationOrder.indexOf(b.dtype) ||
      Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  const entries = [`"__metadata__":${JSON.stringify(metadata)}`];
  let end = 0;
  const placed = ordered.map((tensor) => {
    const bytes = tensorBytes(tensor);
    const offset = end;
    end += bytes;
    const { dtype, shape } = tensor;
    entries.push(`${JSON.stringify(tensor.name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    return { ...tensor, offset, bytes };
  });
  const json = Buffer.from(`{${entries.join(',')}}`);
  const padded = Math.ceil(json.length / 8) * 8;
  const head = new Uint8Array(8 + padded).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true);
  head.set(json, 8);
  return { head, tensors: placed.map((tensor) => ({ ...tensor, offset: tensor.offset + head.length })) };
}
