import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DataError } from '../diagnostics/errors.js';
import { type DataFile, readParts } from './data-file.js';
import { type DataLimits, mebibytes } from './data-limits.js';

/**
 * A file's bytes, unpacked as they come; who stops asking stops the unpacking. Several packed members one after the other
 * are one text and zero bytes behind them mean nothing, as for gzip(1) and xz(1).
 * @param whole whether all of it is needed: then too large a file is refused before it is read
 * @throws DataError when they are damaged or cut short, something else follows them, or they pass the limit.
 */
export async function* unpacked(
  file: DataFile,
  compression: 'gz' | 'xz' | undefined,
  { textBytes }: DataLimits,
  whole = true,
): AsyncGenerator<Uint8Array> {
  if (whole && compression === undefined && file.bytes > textBytes) throw tooLong(file.name, textBytes);
  let bytes = 0;
  const parts = compression === undefined ? readParts(file) : compression === 'gz' ? gunzipped(file) : unxzed(file);
  for await (const part of parts) {
    bytes += part.length;
    if (bytes > textBytes) throw tooLong(file.name, textBytes);
    yield part;
  }
}

function tooLong(name: string, textBytes: number): DataError {
  return new DataError(`${name}: it holds more text than a file may (${mebibytes(textBytes)})`, {
    hint: 'Split the file, use its .parquet form, or read only its beginning with `take`.',
  });
}

async function* gunzipped(file: DataFile): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 1 << 18 });
  const source = Readable.from(readParts(file));
  source.on('error', (error) => gunzip.destroy(error));
  try {
    yield* source.pipe(gunzip);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code?.startsWith('Z_') ? damaged(file.name, 'gz', cause) : cause;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
  // What stands behind the last member begins with a zero byte, or it would have been read as another.
  for await (const part of readParts(file, gunzip.bytesWritten)) {
    if (part.some((byte) => byte !== 0)) {
      throw new DataError(`${file.name}: something follows the gz data`, { hint: 'Download the file again.' });
    }
  }
}

async function* unxzed(file: DataFile): AsyncGenerator<Uint8Array> {
  if (file.bytes === 0) throw damaged(file.name, 'xz', undefined);
  // A CommonJS package: Node puts its exports on `default`, which its type declaration does not say.
  const { default: xz } = (await import('xz-decompress')) as unknown as { default: typeof import('xz-decompress') };
  const source = Readable.toWeb(Readable.from(readParts(file))) as ReadableStream<Uint8Array>;
  try {
    yield* new xz.XzReadableStream(source) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    const code = /error code (\d)/.exec((cause as Error).message)?.[1];
    if (code === undefined) throw cause;
    if (code === '4' || code === '6') {
      throw new DataError(
        `${file.name}: the xz data ${code === '4' ? 'needs too large a dictionary' : 'uses an option that is not read'}`,
        { cause, hint: 'Pack it again: xz -d, then xz -6 --check=crc64.' },
      );
    }
    throw damaged(file.name, 'xz', cause);
  }
}

function damaged(name: string, compression: string, cause: unknown): DataError {
  return new DataError(`${name}: the ${compression} data is damaged or cut short`, {
    cause,
    hint: 'Download the file again.',
  });
}
