import { closeSync, fstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { writeFailure } from '../diagnostics/file-system-error.js';
import { openToRead } from '../formats/regular-file.js';

/** What reading a workflow needs of the disk; tests give a map of texts instead. All paths are absolute. */
export interface WorkflowFiles {
  /** The first `limit` bytes of a regular file, or why there are none: `no such file`. */
  read(file: string, limit: number): { readonly bytes: Uint8Array } | { readonly problem: string };
  /** The path without symbolic links; the path itself when there is no such file. */
  realPath(file: string): string;
  /** Names of what a folder holds; none when there is no such folder. */
  list(folder: string): readonly string[];
}

export const noSuchFile = 'no such file';

export const diskFiles: WorkflowFiles = {
  read(file, limit) {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(file, openToRead);
      const status = fstatSync(descriptor);
      if (!status.isFile()) return { problem: status.isDirectory() ? 'it is a folder' : 'it is not a regular file' };
      const bytes = new Uint8Array(limit);
      let length = 0;
      for (let read = -1; read !== 0 && length < limit; length += read) {
        read = readSync(descriptor, bytes, length, limit - length, length);
      }
      return { bytes: bytes.subarray(0, length) };
    } catch (error) {
      return { problem: problemOf(error) };
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  },
  realPath(file) {
    try {
      return realpathSync(file);
    } catch {
      return file;
    }
  },
  list(folder) {
    try {
      return readdirSync(folder).sort();
    } catch {
      return [];
    }
  },
};

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return noSuchFile;
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return writeFailure(error) ?? message;
}
