import { randomBytes } from 'node:crypto';
import { promises } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode } from '../diagnostics/file-system-error.js';

/** The file-system calls in use here; the store's tests put failing ones in their place. */
type FileCalls = Pick<typeof promises, 'open' | 'rename' | 'rm'>;

/** A text, bytes, or bytes that come part by part. */
export type FileContent = string | Uint8Array | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes a file whole or not at all: under a temporary name beside it, fsync, rename, fsync of the folder. A reader sees
 * the old file or the new one, and what stands there survives a loss of power. The folder must be there.
 * Throws the file system's own error; the temporary file is removed.
 */
export async function replaceFile(file: string, content: FileContent): Promise<void> {
  const temporary = join(dirname(file), `.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  try {
    await writeSynced(temporary, content);
    await renameSynced(temporary, file);
  } catch (error) {
    await promises.rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Whether a name is that of a file that `replaceFile` was writing. */
export function isPartial(name: string): boolean {
  return /^\.\d+-[0-9a-f]{8}\.partial$/.test(name);
}

/**
 * Writes a file that is not there yet, and waits until its bytes are on disk.
 * Throws the file system's own error, and may leave part of the file behind.
 */
export async function writeSynced(
  file: string,
  content: FileContent,
  { calls = promises, mode = 0o666 }: { readonly calls?: FileCalls; readonly mode?: number } = {},
): Promise<void> {
  const handle = await calls.open(file, 'wx', mode);
  try {
    const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
    for await (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Renames a file or folder whose bytes are on disk to its place, and waits until the name is on disk too. */
export async function renameSynced(from: string, to: string, calls: FileCalls = promises): Promise<void> {
  await calls.rename(from, to);
  await syncFolder(dirname(to), calls);
}

/**
 * Waits until the names in a folder are on disk: without it a rename may be lost with the machine's power. Windows has no
 * such call, nor have all network file systems (EINVAL, ENOTSUP, EBADF); a folder that may be written need not be
 * readable (EACCES). There the rename is as safe as the file system makes it.
 */
export async function syncFolder(folder: string, calls: FileCalls = promises): Promise<void> {
  if (process.platform === 'win32') return;
  try {
    const handle = await calls.open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EBADF', 'EACCES'].includes(errorCode(error) ?? '')) throw error;
  }
}
