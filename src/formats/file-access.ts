import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../diagnostics/errors.js';
import { listedNames } from '../diagnostics/listed-names.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import { openToRead } from './regular-file.js';

/** "There are: a, b, c and 4 more" for an error's hint. */
export function listNames(names: readonly string[], limit = 12): string {
  if (names.length === 0) return 'nothing';
  return listedNames([...names].sort(), limit);
}

/** What to do about a path that leads nowhere: the name beside it that was meant, or all there is. */
export async function missingPathHint(path: string): Promise<string> {
  let missing = path;
  for (; missing !== dirname(missing); missing = dirname(missing)) {
    let refused = false;
    const names = await readdir(dirname(missing)).catch((error: NodeJS.ErrnoException) => {
      refused = error.code === 'EACCES' || error.code === 'EPERM';
      return undefined;
    });
    if (refused) return `This user may not look into ${dirname(missing)}.`;
    if (names === undefined) continue;
    if (names.includes(basename(missing))) return `${missing} is a link to what is not there, or no folder.`;
    const meant = nearest(basename(missing), names);
    if (meant !== undefined) return didYouMean(basename(missing), meant, `"${join(dirname(missing), meant)}"`);
    return `In ${dirname(missing)} there is: ${listNames(names)}.`;
  }
  return 'No folder of it can be read.';
}

/** Turns a failed file operation into a DataError that names the path and, when it is missing, says what is there. */
async function fileError(path: string, cause: unknown): Promise<DataError> {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    let parent = dirname(path);
    let names: string[] | undefined;
    for (; names === undefined && parent !== dirname(parent); parent = dirname(parent)) {
      names = await readdir(parent).catch(() => undefined);
      if (names !== undefined) break;
    }
    const dangling = names?.includes(basename(path)) && parent === dirname(path);
    return new DataError(
      `${path}: ${dangling ? 'a link to a file that is not there' : 'there is no such file or folder'}`,
      {
        cause,
        hint: `In ${parent} there is: ${listNames(names ?? [])}.`,
      },
    );
  }
  const reason =
    code === 'EACCES' || code === 'EPERM'
      ? 'permission denied'
      : code === 'EISDIR'
        ? 'a folder, not a file'
        : String(code ?? cause);
  return new DataError(`${path}: cannot be read: ${reason}`, { cause });
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, openToRead);
  } catch (cause) {
    throw await fileError(path, cause);
  }
}

/** Opens a regular file for reading, hands it over with its size, and closes it. */
export async function withFile<T>(path: string, use: (handle: FileHandle, bytes: number) => Promise<T>): Promise<T> {
  const handle = await openForReading(path);
  try {
    const status = await handle.stat();
    if (!status.isFile()) {
      throw new DataError(`${path}: ${status.isDirectory() ? 'a folder, not a file' : 'not a regular file'}`);
    }
    return await use(handle, status.size);
  } finally {
    await handle.close();
  }
}

/** Reads exactly [offset, offset + bytes). */
export async function readExactly(
  handle: FileHandle,
  path: string,
  offset: number,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const target = new Uint8Array(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await handle.read(target, done, bytes - done, offset + done);
    if (bytesRead === 0)
      throw new DataError(`${path}: ends at byte ${offset + done}; ${offset + bytes} were there before`);
    done += bytesRead;
  }
  return target;
}

const defaultPartBytes = 4 << 20;

/** The bytes [offset, offset + bytes) in parts of at most `partBytes`, so that memory does not follow their number. */
export async function* readParts(
  path: string,
  range: { readonly offset: number; readonly bytes: number },
  partBytes = defaultPartBytes,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const handle = await openForReading(path);
  try {
    for (let done = 0; done < range.bytes; done += partBytes) {
      yield await readExactly(handle, path, range.offset + done, Math.min(partBytes, range.bytes - done));
    }
  } finally {
    await handle.close();
  }
}

/** A whole small file; larger than `limit` bytes is an error. */
export async function readSmallFile(path: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(path, async (handle, bytes) => {
    if (bytes > limit) throw new DataError(`${path}: ${bytes} bytes, more than the ${limit} that such a file may have`);
    return readExactly(handle, path, 0, bytes);
  });
}

/** Names in a folder; a DataError when it is missing or no folder. */
export async function listFolder(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) throw new DataError(`${path}: a file, not a folder`);
    return (await readdir(path)).sort();
  } catch (cause) {
    throw cause instanceof DataError ? cause : await fileError(path, cause);
  }
}
