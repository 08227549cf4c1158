import { createHash, type Hash } from 'node:crypto';

/** Content digest with its algorithm in front: `sha256:<64 hex digits>`. */
export type Digest = `sha256:${string}`;

export function digestOf(bytes: string | Uint8Array): Digest {
  return digestOfHash(createHash('sha256').update(bytes));
}

/** The digest of everything a sha256 hash was updated with; ends the hash. */
export function digestOfHash(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** The 64 hex digits. @throws TypeError on a malformed digest: digests name files, `sha256:../..` must not. */
export function hexOf(digest: Digest): string {
  if (!isDigest(digest)) throw new TypeError(`malformed digest ${JSON.stringify(digest)}`);
  return digest.slice('sha256:'.length);
}
