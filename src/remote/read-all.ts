import { DataError } from '../diagnostics/errors.js';
import type { RemoteOptions, RemoteStore } from './remote-store.js';

/** The text of a small entry; undefined without one. @throws DataError when it has more than `most` bytes */
export async function readAll(
  remote: RemoteStore,
  name: string,
  most: number,
  options: RemoteOptions,
): Promise<string | undefined> {
  const parts = await remote.read(name, options);
  if (parts === undefined) return undefined;
  const read: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > most) throw new DataError(`${name} of ${remote.place} has more than ${most} bytes`);
    read.push(part);
  }
  return Buffer.concat(read).toString();
}
