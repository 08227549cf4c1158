import { dirname } from 'node:path';
import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import type { ArtifactPlaces, Problem } from './artifact-places.js';
import { diskError, errorCode, isObstacle, readText } from './disk.js';
import { DamagedObjectError, type ObjectStore } from './object-store.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/** What the store knows of a key. Only a `hit` may be used. */
export type LookUp =
  | {
      readonly status: 'hit';
      readonly action: Action;
      /** Its record, and maybe its objects, are not here but upstream. */
      readonly remote?: true;
    }
  | { readonly status: 'absent' }
  /** The record is not whole; it is ignored, and replaced when the step has run. */
  | { readonly status: 'garbage'; readonly file: string }
  /** The record is there, the bytes of an output are not. */
  | {
      readonly status: 'missing-object';
      readonly action: Action;
      readonly output: string;
      readonly artifact: Artifact;
      readonly problem: Problem;
    };

/** How what a step gave differs from the record of an earlier attempt with the same key. */
export interface OutputDifference {
  readonly earlier: Action;
  /** Names of the outputs that differ. */
  readonly outputs: readonly string[];
}

/** Kind of a record that keeps what a run published beside the outputs of its steps: no step makes it again. */
export const publishedKind = 'published';

/** Key → outputs. A record is written when all its objects stand, and read without any lock. */
export class ActionStore {
  readonly #folder: StoreFolder;
  readonly #objects: ObjectStore;
  readonly #places: ArtifactPlaces;

  constructor(folder: StoreFolder, objects: ObjectStore, places: ArtifactPlaces) {
    this.#folder = folder;
    this.#objects = objects;
    this.#places = places;
  }

  /** Reads the record and looks at each output: present and of the right size. Synchronous, for thousands are asked for at once. */
  lookUp(key: Digest): LookUp {
    const action = this.read(key);
    if (action === undefined) return { status: 'absent' };
    if (action === 'garbage') return { status: 'garbage', file: this.#folder.action(key) };
    const look = this.#places.look();
    for (const [output, artifact] of Object.entries(action.outputs)) {
      const problem = look.problemOf(artifact);
      if (problem !== undefined) return { status: 'missing-object', action, output, artifact, problem };
    }
    return { status: 'hit', action };
  }

  /** The record alone, whether or not its objects are still there. */
  read(key: Digest): Action | 'garbage' | undefined {
    let text: string;
    try {
      text = readText(this.#folder.disk, this.#folder.action(key));
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      if (isObstacle(error)) return 'garbage';
      throw diskError(error, this.#folder.path, `reading action ${key}`);
    }
    const action = unseal(text) as unknown as Action | undefined;
    return action?.key === key ? action : 'garbage';
  }

  /** Makes the next look-up of a key see what other hosts have recorded: two calls, or three for the first key of a folder. */
  async refresh(key: Digest): Promise<void> {
    const path = dirname(this.#folder.action(key));
    try {
      await this.#folder.refresh(path).catch(async (error: unknown) => {
        if (errorCode(error) !== 'ENOENT') throw error;
        await this.#folder.prepare();
        await this.#folder.makeFolder(path);
        await this.#folder.refresh(path);
      });
    } catch (error) {
      // What stands in the folder's place is replaced when the step is recorded.
      if (!isObstacle(error)) throw diskError(error, this.#folder.path, `looking for action ${key}`);
    }
  }

  /**
   * Records that a step was done, when all its objects are closed: the last thing written for it. A whole record that
   * stands there stays, one that is damaged or lacks objects is replaced.
   * @param options.replace the new record takes the place of any other
   * @returns how a whole record that stood there differs; undefined without one, and when its outputs are equal
   * @throws EnvironmentError when the disk is full or read-only
   * @throws DamagedObjectError when an output is not in the store
   */
  async record(action: Action, { replace = false } = {}): Promise<OutputDifference | undefined> {
    for (const [output, artifact] of Object.entries(action.outputs)) {
      if (artifact.at === undefined && !this.#objects.has(artifact)) {
        throw new DamagedObjectError(artifact.digest, `is missing: it is output ${output} of ${action.step}`);
      }
    }
    const path = this.#folder.action(action.key);
    const text = seal(action);
    if (!replace && (await this.#folder.writeFileIfAbsent(path, text))) return undefined;
    const found = this.lookUp(action.key);
    if (replace || found.status !== 'hit') await this.#folder.writeFile(path, text);
    return found.status === 'hit' ? differenceOf(found.action, action) : undefined;
  }
}

function differenceOf(earlier: Action, now: Action): OutputDifference | undefined {
  const names = [...new Set([...Object.keys(earlier.outputs), ...Object.keys(now.outputs)])];
  const outputs = names.filter((name) => earlier.outputs[name]?.digest !== now.outputs[name]?.digest);
  return outputs.length === 0 ? undefined : { earlier, outputs };
}
