import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EnvironmentError } from '../../diagnostics/errors.js';
import { isDiskFull, writeFailure } from '../../diagnostics/file-system-error.js';
import { type Digest, digestOfHash } from '../../formats/digest.js';
import { makeFolder } from '../../formats/make-folder.js';

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

/**
 * Writes a file beside its place, synced, then renames it into place: a reader sees the old file or the new one.
 * @throws EnvironmentError when it cannot be written
 */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(file), `.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  try {
    await makeFolder(dirname(file));
    await writeFile(temporary, content, { flag: 'wx' });
    const handle = await open(temporary, 'r');
    await handle.sync().finally(() => handle.close());
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new EnvironmentError(`${file} cannot be written: ${writeFailure(cause) ?? (cause as Error).message}`, {
      cause,
      hint: isDiskFull(cause) ? 'Free space, or name another folder with --out.' : 'Name another folder with --out.',
    });
  }
}

/** Whether a name is that of a file that `replaceFile` was writing. */
export function isPartial(name: string): boolean {
  return /^\.\d+-[0-9a-f]{8}\.partial$/.test(name);
}
