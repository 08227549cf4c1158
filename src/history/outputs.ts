import { join } from 'node:path';
import { DataError, UsageError } from '../diagnostics/errors.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import { isInnerName } from '../formats/inner-path.js';
import { placeFile } from '../formats/place-file.js';
import { writeSafetensors } from '../formats/safetensors-writer.js';
import type { TensorInfo } from '../formats/tensor.js';
import type { Store } from '../store/store.js';
import { makeNewFolder } from './new-folder.js';

/** Tensors among outputs are written to one file of this name. */
export const tensorFile = 'tensors.safetensors';
/** Bytes of a tensor that are read at once. */
const windowBytes = 64 * 1024 ** 2;

/** The place of the bytes of an output. */
export interface OutputPlace {
  readonly output: string;
  /** Absolute. */
  readonly path: string;
  /** Part of the file that it is; undefined: all of it. */
  readonly range?: { readonly offset: number; readonly bytes: number };
  readonly bytes: number;
  readonly tensor?: NonNullable<Artifact['tensor']>;
  /** False: gc has collected it. */
  readonly stored: boolean;
}

/** The outputs of a step, or the one that is named. @throws UsageError when there is none of the name */
export function outputsOf(action: Action, output: string | undefined): readonly (readonly [string, Artifact])[] {
  const outputs = Object.entries(action.outputs);
  if (output === undefined) return outputs;
  const found = outputs.filter(([name]) => name === output);
  if (found.length > 0) return found;
  const meant = nearest(output, Object.keys(action.outputs));
  throw new UsageError(`${action.step} has no output ${output}`, {
    hint:
      meant === undefined
        ? `It has: ${outputs
            .map(([name]) => name)
            .slice(0, 10)
            .join(', ')}.`
        : didYouMean(output, meant, meant),
  });
}

/** The place of an output on this host; that which its record names where it is out of reach. */
export function placeOf(store: Store, output: string, artifact: Artifact): OutputPlace {
  const { at, bytes, digest, tensor } = artifact;
  const known = { output, bytes, ...(tensor === undefined ? {} : { tensor }) };
  const place = store.places.find(artifact);
  const named = at === undefined ? undefined : { path: at.file, offset: at.offset };
  const file = place === undefined ? named : place.file;
  if (file === undefined) return { ...known, path: store.folder.object(digest), stored: place !== undefined };
  return { ...known, path: file.path, range: { offset: file.offset, bytes }, stored: place !== undefined };
}

/**
 * Writes outputs of a step to a new folder: tensors to one safetensors file, all others to files of their names.
 * @param to absolute
 * @returns names of the files
 * @throws UsageError when the folder is not empty; DataError when bytes are gone or damaged; EnvironmentError
 */
export async function writeOutputs(
  store: Store,
  outputs: readonly (readonly [string, Artifact])[],
  to: string,
): Promise<readonly string[]> {
  const gone = outputs.filter(([name, artifact]) => !placeOf(store, name, artifact).stored).map(([name]) => name);
  if (gone.length > 0) {
    throw new DataError(`not in the store any more: ${gone.slice(0, 5).join(', ')}${gone.length > 5 ? ', …' : ''}`, {
      hint: 'Run the workflow again: what is needed is made anew.',
    });
  }
  const outside = outputs.find(([name, { tensor }]) => tensor === undefined && !isInnerName(name));
  if (outside !== undefined) {
    throw new DataError(`the output ${JSON.stringify(outside[0].slice(0, 80))} has a name that leads out of ${to}`, {
      hint: 'Its record may come from a remote store that somebody has tampered with. runflow path says where it lies.',
    });
  }
  await makeNewFolder(to);
  const written: string[] = [];
  const tensors = new Map<string, Artifact>();
  for (const [name, artifact] of outputs) {
    if (artifact.tensor !== undefined) {
      tensors.set(name, artifact);
      continue;
    }
    await placeFile(join(to, name), await store.read(artifact), '--to');
    written.push(name);
  }
  if (tensors.size > 0) {
    await writeTensors(store, tensors, join(to, tensorFile));
    written.push(tensorFile);
  }
  return written;
}

async function writeTensors(store: Store, tensors: ReadonlyMap<string, Artifact>, file: string): Promise<void> {
  const infos = [...tensors].map(([name, { tensor }]): TensorInfo => ({ name, ...tensor! }));
  await writeSafetensors(file, infos, async function* ({ name }) {
    const artifact = tensors.get(name)!;
    for (let offset = 0; offset < artifact.bytes; offset += windowBytes) {
      yield await store.read(artifact, offset, Math.min(windowBytes, artifact.bytes - offset));
    }
  });
}
