import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EnvironmentError, UsageError } from '../diagnostics/errors.js';
import { writeFailure } from '../diagnostics/file-system-error.js';
import { makeFolder } from '../formats/make-folder.js';
import { readRegularFile } from '../formats/regular-file.js';

/** A file to write where none is yet. */
export interface NewFile {
  /** Path in the folder. */
  readonly name: string;
  readonly content: string | Buffer;
  /** Whatever stands in its place may stay. */
  readonly yields?: boolean;
}

/**
 * Writes files into a folder and overwrites nothing: the first must be new, and where another is there already, it must hold
 * the same bytes. Nothing is written unless all can be.
 *
 * @returns paths of the files that were written
 * @throws UsageError when something is in the way; EnvironmentError when the folder cannot be written
 */
export async function writeNewFiles(folder: string, files: readonly NewFile[]): Promise<string[]> {
  const hint = 'Name another folder: runflow init DIR.';
  try {
    const fresh = files.filter((file, index) => {
      const path = join(folder, file.name);
      const there = contentOf(path);
      if (there === undefined) return true;
      if (index > 0 && (file.yields || there.equals(Buffer.from(file.content)))) return false;
      const differs = index > 0 ? ', and is not what would be written' : '';
      throw new UsageError(`${path} exists already${differs}`, { hint });
    });
    const written: string[] = [];
    for (const { name, content } of fresh) {
      const path = join(folder, name);
      await makeFolder(dirname(path));
      writeFileSync(path, content, { flag: 'wx' });
      written.push(path);
    }
    return written;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { code, path, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENXIO') {
      throw new UsageError(`${path ?? folder} exists already`, { hint });
    }
    const why = writeFailure(error) ?? message;
    throw new EnvironmentError(`cannot write into ${folder}: ${why}`, { cause: error, hint });
  }
}

function contentOf(path: string): Buffer | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // Node says of a folder what it is, but not where.
    throw Object.assign(error as Error, { path });
  }
}
