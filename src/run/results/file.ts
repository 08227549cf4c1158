import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../../diagnostics/file-system-error.js';
import { type Digest, digestOfHash } from '../../formats/digest.js';
import { makeFolder } from '../../formats/make-folder.js';
import { replaceFile } from '../../formats/replace-file.js';

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

/** Writes a file of a results folder, whole or not at all. @throws EnvironmentError when it cannot be written */
export async function writeResult(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await makeFolder(dirname(file));
    await replaceFile(file, content);
  } catch (cause) {
    throw new EnvironmentError(`${file} cannot be written: ${writeFailure(cause) ?? (cause as Error).message}`, {
      cause,
      hint: isDiskFull(cause) ? 'Free space, or name another folder with --out.' : 'Name another folder with --out.',
    });
  }
}
