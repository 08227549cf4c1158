import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Flag for opening what may be a named pipe: nothing waits for a writer. Windows has no such flag. */
export const openToRead = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * The bytes of a file in a folder that others write to.
 * @throws the file system's own error; ENXIO for what is neither a file nor a folder, such as a named pipe, which would
 * otherwise keep the process waiting where no signal reaches it
 */
export function readRegularFile(path: string): Buffer {
  const descriptor = openSync(path, openToRead);
  try {
    const status = fstatSync(descriptor);
    if (status.isFile() || status.isDirectory()) return readFileSync(descriptor);
    throw Object.assign(new Error(`ENXIO: not a regular file, open '${path}'`), {
      code: 'ENXIO',
      syscall: 'open',
      path,
    });
  } finally {
    closeSync(descriptor);
  }
}
