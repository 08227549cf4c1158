import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ColumnMetaData, Compressors } from 'hyparquet';
import type { DataFile } from './data-file.js';
import type { DataLimits } from './data-limits.js';

/**
 * Looks at the headers of a column chunk's pages, which say how much is to be unpacked and decoded before anything is.
 * @throws Error when they say more than the file's footer does, or than the limit
 */
export async function checkPages(file: DataFile, chunk: ColumnMetaData, { rowGroupBytes }: DataLimits): Promise<void> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = chunk;
  const start = dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data;
  if (start < 0n || size < 0n || start + size > BigInt(file.bytes)) throw new Error('a column lies outside the file');
  const bytes = await file.read(Number(start), Number(size));
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let whole = 0;
  let values = 0;
  while (reader.offset < bytes.length - 1) {
    const header = parquetHeader(reader);
    const { compressed_page_size: packed, uncompressed_page_size: unpacked } = header;
    const page = header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header;
    const count = page?.num_values ?? 0;
    const fits = packed >= 0 && unpacked >= 0 && count >= 0 && reader.offset + packed <= bytes.length;
    whole += unpacked;
    if (header.dictionary_page_header === undefined) values += count;
    if (!fits || whole > rowGroupBytes || count > chunk.num_values || values > chunk.num_values) {
      throw new Error(`a page says that it has ${packed} bytes, unpacked ${unpacked}, and ${count} values`);
    }
    reader.offset += packed;
  }
  if (BigInt(values) !== chunk.num_values) throw new Error(`pages of ${values} values for ${chunk.num_values}`);
}

/** Unpacks pages, each to the length that its header says: what is longer stops there, and is an error as what is shorter. */
export async function boundedCompressors({ rowGroupBytes }: DataLimits): Promise<Compressors> {
  const { compressors } = await import('hyparquet-compressors');
  return {
    ...compressors,
    GZIP: (packed, length) => gunzipSync(packed, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (packed, length) => brotliDecompressSync(packed, { maxOutputLength: Math.max(1, length) }),
    SNAPPY: (packed, length) => {
      const bytes = snappyLength(packed);
      if (bytes !== length) throw new Error(`a page of ${length} bytes says that it unpacks to ${bytes}`);
      return compressors.SNAPPY!(packed, length);
    },
    ZSTD: (packed, length) => {
      const bytes = zstdLength(packed);
      if (bytes.exact ? bytes.length !== length : bytes.length > rowGroupBytes) {
        throw new Error(`a page of ${length} bytes says that it unpacks to ${bytes.length}`);
      }
      return compressors.ZSTD!(packed, length);
    },
  };
}

/** A snappy block begins with its unpacked length, seven bits a byte. */
function snappyLength(packed: Uint8Array): number {
  let length = 0;
  for (let index = 0; index < 5; index++) {
    const byte = packed[index] ?? 0;
    length += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) break;
  }
  return length;
}

/**
 * How long a zstd frame is when it is unpacked, by RFC 8878: as its header says, or else as much as its blocks may give.
 * The library that unpacks it believes the frame and has no limit of its own.
 */
function zstdLength(packed: Uint8Array): { readonly exact: boolean; readonly length: number } {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  if (packed.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error('a page is no zstd frame');
  const descriptor = packed[4]!;
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (single ? 0 : 1) + dictionary;
  const size = descriptor >> 6;
  if (size === 3) return { exact: true, length: Number(view.getBigUint64(at, true)) };
  if (size === 2) return { exact: true, length: view.getUint32(at, true) };
  if (size === 1) return { exact: true, length: view.getUint16(at, true) + 256 };
  if (single) return { exact: true, length: packed[at]! };
  let length = 0;
  for (let block = at; block + 3 <= packed.length; ) {
    const header = packed[block]! | (packed[block + 1]! << 8) | (packed[block + 2]! << 16);
    const blockSize = header >> 3;
    const type = (header >> 1) & 3;
    length += type === 2 ? 1 << 17 : blockSize;
    if (header & 1) break;
    block += 3 + (type === 1 ? 1 : blockSize);
  }
  return { exact: false, length };
}
