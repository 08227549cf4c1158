import { DataError } from '../diagnostics/errors.js';
import { replaceFile } from './replace-file.js';
import { serializeSafetensorsHeader } from './safetensors-header.js';
import { type TensorInfo, tensorBytes } from './tensor.js';

/** Delivers a tensor's bytes, in one part or in several. */
export type TensorSource = (tensor: TensorInfo) => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** What transformers writes; it refuses files without it. */
const defaultMetadata = { format: 'pt' } as const;

/**
 * Writes a safetensors file tensor by tensor: equal tensors give equal bytes, whatever their order in `tensors`. The
 * file appears under its name only when it is whole and on disk.
 */
export async function writeSafetensors(
  file: string,
  tensors: readonly TensorInfo[],
  source: TensorSource,
  metadata: Readonly<Record<string, string>> = defaultMetadata,
): Promise<void> {
  const names = new Set(tensors.map(({ name }) => name));
  if (names.size < tensors.length || names.has('__metadata__')) {
    throw new DataError(`${file}: two tensors of one name, or one named __metadata__`);
  }
  const layout = serializeSafetensorsHeader(tensors, metadata);
  async function* parts(): AsyncGenerator<Uint8Array> {
    yield layout.head;
    for (const tensor of layout.tensors) {
      let written = 0;
      for await (const part of source(tensor)) {
        yield part;
        written += part.length;
      }
      if (written !== tensor.bytes) {
        throw new DataError(`${file}: tensor ${tensor.name} got ${written} bytes; its shape takes ${tensor.bytes}`);
      }
    }
  }
  await replaceFile(file, parts());
}

/**
 * Splits tensors, in their order, into files of at most `maximumBytes` of data; a larger tensor has a file of its own.
 */
export function splitIntoShards(
  tensors: readonly TensorInfo[],
  maximumBytes: number,
): readonly (readonly TensorInfo[])[] {
  const shards: TensorInfo[][] = [];
  let free = 0;
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    const last = shards.at(-1);
    if (last === undefined || bytes > free) {
      shards.push([tensor]);
      free = maximumBytes - bytes;
    } else {
      last.push(tensor);
      free -= bytes;
    }
  }
  return shards;
}
