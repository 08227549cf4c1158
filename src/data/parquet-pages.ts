import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { ColumnMetaData, Compressors, PageHeader } from 'hyparquet';
import type { DataFile } from './data-file.js';
import type { DataLimits } from './data-limits.js';
import { checkRuns } from './parquet-runs.js';

/** How many levels of a column may be missing, and may be there several times. */
export interface ColumnLevels {
  readonly definition: number;
  readonly repetition: number;
}

/**
 * Looks at the headers of a column chunk's pages, which say how much is to be unpacked and decoded before anything is; then
 * at what stands in them in runs, of which a few bytes may say that they are many values.
 * @throws Error when they say more than the file's footer does, or than the limit, or name what is not there
 */
export async function checkPages(
  file: DataFile,
  chunk: ColumnMetaData,
  levels: ColumnLevels,
  compressors: Compressors,
  { rowGroupBytes }: DataLimits,
): Promise<void> {
  const { parquetHeader } = await import('hyparquet/src/column.js');
  const { deltaBinaryUnpack } = await import('hyparquet/src/delta.js');
  const { readVarInt } = await import('hyparquet/src/thrift.js');
  const { dictionary_page_offset: dictionary, data_page_offset: data, total_compressed_size: size } = chunk;
  const start = dictionary !== undefined && dictionary > 0n && dictionary < data ? dictionary : data;
  if (start < 0n || size < 0n || start + size > BigInt(file.bytes)) throw new Error('a column lies outside the file');
  const bytes = await file.read(Number(start), Number(size));
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const pages: { readonly header: PageHeader; readonly packed: Uint8Array }[] = [];
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
    pages.push({ header, packed: bytes.subarray(reader.offset, reader.offset + packed) });
    reader.offset += packed;
  }
  if (BigInt(values) !== chunk.num_values) throw new Error(`pages of ${values} values for ${chunk.num_values}`);
  let words = 0;
  let written = 0;
  for (const { header, packed } of pages) {
    words = header.dictionary_page_header?.num_values ?? words;
    if (header.type === 'DICTIONARY_PAGE') continue;
    const found = valuesOf(header, packed, levels, chunk, compressors);
    if (found.encoding.endsWith('_DICTIONARY')) {
      const width = found.count > 0 ? found.view.getUint8(found.start) : 0;
      const section = { view: found.view, start: found.start + 1, end: found.view.byteLength };
      // In the first version of pages nothing follows a width of zero.
      if (width > 0 || header.data_page_header_v2 !== undefined) checkRuns(section, width, found.count, words - 1);
      else if (found.count > 0 && words === 0) throw new Error('a page has places in a dictionary that is not there');
    } else if (found.encoding === 'RLE') {
      if (chunk.type !== 'BOOLEAN') throw new Error(`runs of ${chunk.type}`);
      if (found.count > 0) checkRuns(prefixed(found.view, found.start), 1, found.count, 1);
    } else if (found.encoding.startsWith('DELTA_') && found.count > 0) {
      const parts = { view: found.view, offset: found.start };
      checkBlocks(readVarInt(parts), readVarInt(parts));
      if (found.encoding !== 'DELTA_BYTE_ARRAY') continue;
      // Texts that begin like the one before take more room than their page.
      parts.offset = found.start;
      for (let list = 0; list < 2; list++) {
        const { offset } = parts;
        checkBlocks(readVarInt(parts), readVarInt(parts));
        parts.offset = offset;
        const lengths = new Int32Array(found.count);
        deltaBinaryUnpack(parts, found.count, lengths);
        for (const length of lengths) written += length < 0 ? Number.POSITIVE_INFINITY : length;
      }
      if (written > rowGroupBytes) throw new Error(`a page whose texts take ${written} bytes`);
    }
  }
}

/** The library goes back by a negative number of parts, for ever. */
function checkBlocks(block: number, parts: number): void {
  if (block <= 0 || parts <= 0 || block % parts !== 0) throw new Error(`blocks of ${block} values in ${parts} parts`);
}

interface PageValues {
  readonly encoding: string;
  /** Number of values that are there. */
  readonly count: number;
  readonly view: DataView;
  readonly start: number;
}

/** The values of a data page, unpacked, behind its levels, which are checked. */
function valuesOf(
  { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size }: PageHeader,
  packed: Uint8Array,
  { definition, repetition }: ColumnLevels,
  { codec }: ColumnMetaData,
  compressors: Compressors,
): PageValues {
  const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unpack = (bytes: Uint8Array, length: number) => {
    const unpacked = codec === 'UNCOMPRESSED' ? bytes : compressors[codec]?.(bytes, length);
    if (unpacked?.length === length) return viewOf(unpacked);
    throw new Error(
      unpacked === undefined ? `pages packed by ${codec}` : `a page of ${unpacked.length} bytes, not ${length}`,
    );
  };
  if (second !== undefined) {
    const { num_values: count, num_nulls: missing, encoding } = second;
    const { repetition_levels_byte_length: repeated, definition_levels_byte_length: defined } = second;
    const fit = repeated >= 0 && defined >= 0 && repeated + defined <= packed.length;
    if (!fit || encoding === undefined) throw new Error('levels outside their page');
    const view = viewOf(packed);
    if (repetition > 0) checkRuns({ view, start: 0, end: repeated }, bitsOf(repetition), count, repetition);
    const there =
      definition > 0
        ? checkRuns({ view, start: repeated, end: repeated + defined }, bitsOf(definition), count, definition)
        : count;
    if (there !== count - missing) throw new Error(`a page says that ${missing} of ${count} values are missing`);
    const rest = packed.subarray(repeated + defined);
    const values = second.is_compressed === false ? viewOf(rest) : unpack(rest, size - repeated - defined);
    return { encoding, count: there, view: values, start: 0 };
  }
  if (first?.encoding === undefined) throw new Error('a page without a header of its kind');
  const view = unpack(packed, size);
  let there = first.num_values;
  let start = 0;
  for (const most of [repetition, definition]) {
    if (most === 0) continue;
    const section = prefixed(view, start);
    there = checkRuns(section, bitsOf(most), first.num_values, most);
    start = section.end;
  }
  return { encoding: first.encoding, count: definition > 0 ? there : first.num_values, view, start };
}

/** A section that says its own length before it. */
function prefixed(view: DataView, at: number) {
  const start = at + 4;
  const end = start + view.getUint32(at, true);
  if (end > view.byteLength) throw new Error('levels outside their page');
  return { view, start, end };
}

function bitsOf(most: number): number {
  return 32 - Math.clz32(most);
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
  if (packed.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) throw new Error('a page is not a zstd frame');
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
