import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { type Digest, digestOfHash } from '../formats/digest.js';

/** Larger reads gain nothing; the 64 KiB of Node's streams cost most of the hashing speed. */
export const chunkBytes = 4 * 1024 * 1024;

/**
 * Yields the bytes [offset, offset + bytes) of a file in chunks, reading the next one while the caller works on the
 * last. A chunk is overwritten two steps later. Ends early, with fewer bytes, where the file ends.
 */
async function* readAhead(handle: FileHandle, offset: number, bytes: number): AsyncGenerator<Uint8Array> {
  const size = Math.min(chunkBytes, bytes);
  const buffers = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(bytes > size ? size : 0)];
  const read = (chunk: number) => {
    const done = chunk * size;
    return fill(handle, buffers[chunk % 2]!.subarray(0, Math.min(size, bytes - done)), offset + done);
  };
  let next = bytes > 0 ? read(0) : undefined;
  try {
    for (let chunk = 0; next !== undefined; chunk++) {
      const bytesRead = await next;
      const current = buffers[chunk % 2]!.subarray(0, bytesRead);
      const whole = bytesRead === Math.min(size, bytes - chunk * size);
      next = whole && (chunk + 1) * size < bytes ? read(chunk + 1) : undefined;
      if (bytesRead > 0) yield current;
    }
  } finally {
    // The caller may close the file once this generator has ended.
    await next?.catch(() => undefined);
  }
}

/** Reads until `target` is full or the file ends; gives the number of bytes read. */
export async function fill(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, 1 << 30);
    const { bytesRead } = await handle.read(target, done, length, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Digest of the bytes [offset, offset + bytes), or undefined when the file ends before. */
export async function digestOfRange(
  handle: FileHandle,
  offset: number,
  bytes: number,
  onChunk: (bytes: number) => void = () => {},
): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of readAhead(handle, offset, bytes)) {
    hash.update(chunk);
    done += chunk.length;
    onChunk(chunk.length);
  }
  return done === bytes ? digestOfHash(hash) : undefined;
}
