import { createHash } from 'node:crypto';
import { createReadStream, lstatSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { type Digest, digestOfHash } from '../../formats/digest.js';

/** The digest of a file; undefined when there is none, or a folder, a link, a named pipe in its place, or it is unreadable. */
export async function digestOfFile(file: string): Promise<Digest | undefined> {
  const status = await lstat(file).catch(() => undefined);
  if (!status?.isFile()) return undefined;
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  } catch {
    return undefined;
  }
  return digestOfHash(hash);
}

/** Whether anything has a path, a link to nothing too. */
export function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
