import { createHash } from 'node:crypto';
import type { Digest } from './digest.js';
import { readParts } from './file-access.js';

export interface ByteRange {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * The digests of byte ranges of one file, in their order. The store has one that remembers what it hashed; this is the
 * type of either.
 */
export type HashRanges = (file: string, ranges: readonly ByteRange[]) => Promise<readonly Digest[]>;

/** Reads and hashes every time. @param onProgress told the number of bytes just hashed */
export async function hashRanges(
  file: string,
  ranges: readonly ByteRange[],
  onProgress?: (bytes: number) => void,
): Promise<readonly Digest[]> {
  const digests: Digest[] = [];
  for (const range of ranges) {
    const hash = createHash('sha256');
    for await (const part of readParts(file, range)) {
      hash.update(part);
      onProgress?.(part.length);
    }
    digests.push(`sha256:${hash.digest('hex')}`);
  }
  return digests;
}
