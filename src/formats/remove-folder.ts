import type { Dirent } from 'node:fs';
import { promises } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../diagnostics/file-system-error.js';

type RemovalCalls = Pick<typeof promises, 'rm' | 'chmod' | 'readdir'>;

/**
 * Removes a folder with all that it holds, also where folders in it are read-only. Links are removed, not followed.
 * Throws the file system's own error.
 */
export async function removeFolder(folder: string, calls: RemovalCalls = promises): Promise<void> {
  try {
    await calls.rm(folder, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errorCode(error) ?? '')) throw error;
    await makeWritable(folder, calls).catch(() => {
      throw error;
    });
    await calls.rm(folder, { recursive: true, force: true });
  }
}

async function makeWritable(folder: string, calls: RemovalCalls): Promise<void> {
  const pending = [folder];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    await calls.chmod(next, 0o700);
    const entries: Dirent[] = await calls.readdir(next, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) pending.push(join(next, entry.name));
  }
}
