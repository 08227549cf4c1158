import { DataError } from '../diagnostics/errors.js';
import { readExactly, withFile } from './file-access.js';
import { describeSignature } from './file-signature.js';
import { maximumHeaderBytes, parseSafetensorsHeader, type SafetensorsHeader } from './safetensors-header.js';
import type { StoredTensor } from './tensor.js';

/**
 * Reads and checks a safetensors file's header; the data stays on disk. Throws a DataError that names the file and the
 * tensor and, when the file is something else (a Git LFS pointer, a web page, a pickle, a cut download), says what.
 */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  return withFile(file, (handle, fileBytes) =>
    headerFrom((offset, bytes) => readExactly(handle, file, offset, bytes), file, fileBytes),
  );
}

/** Reads bytes [offset, offset + bytes) of a file, wherever it lies. */
export type ReadRange = (offset: number, bytes: number) => Promise<Uint8Array<ArrayBuffer>>;

/** The same of a file that need not lie on a disk: two reads, of its beginning and of the header. */
export async function headerFrom(read: ReadRange, file: string, fileBytes: number): Promise<SafetensorsHeader> {
  const headerBytes = await readHeaderLength(read, file, fileBytes);
  return parseSafetensorsHeader(await read(8, headerBytes), fileBytes - 8 - headerBytes, file);
}

async function readHeaderLength(read: ReadRange, file: string, fileBytes: number): Promise<number> {
  if (fileBytes === 0) throw new DataError(`${file}: the file is empty`, { hint: 'Download or copy it again.' });
  const head = await read(0, Math.min(fileBytes, 512));
  const length = fileBytes < 8 ? undefined : new DataView(head.buffer).getBigUint64(0, true);
  if (
    length !== undefined &&
    length >= 2n &&
    length <= BigInt(maximumHeaderBytes) &&
    (fileBytes === 8 || head[8] === 0x7b)
  ) {
    if (8 + Number(length) <= fileBytes) return Number(length);
    throw new DataError(`${file}: truncated: the header ends at byte ${8n + length}, the file has ${fileBytes}`, {
      hint: 'Download or copy the file again.',
    });
  }
  const signature = describeSignature(head);
  if (signature !== undefined) {
    const { what, hint } = signature;
    throw new DataError(`${file}: not a safetensors file; it looks like ${what}`, hint === undefined ? {} : { hint });
  }
  throw new DataError(
    length === undefined
      ? `${file}: not a safetensors file: ${fileBytes} bytes are too few to hold a header`
      : length > BigInt(maximumHeaderBytes)
        ? `${file}: not a safetensors file: its header would have ${length} bytes, and ${maximumHeaderBytes} are allowed`
        : `${file}: not a safetensors file: no JSON object follows the header length`,
  );
}

/** All bytes of one tensor. */
export async function readTensor(file: string, tensor: StoredTensor): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(file, (handle) => readExactly(handle, file, tensor.offset, tensor.bytes));
}
