import type { Action } from '../formats/action.js';
import type { Artifact } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import { diskError, errorCode, isObstacle, readText } from './disk.js';
import type { FileDigests } from './file-digests.js';
import { DamagedObjectError, type ObjectStore } from './object-store.js';
import { seal, unseal } from './sealed.js';
import type { StoreFolder } from './store-folder.js';

/** What the store knows of a key. Only a `hit` may be used. */
export type LookUp =
  | { readonly status: 'hit'; readonly action: Action }
  | { readonly status: 'absent' }
  /** The record is not whole; it is ignored, and replaced when the step has run. */
  | { readonly status: 'garbage'; readonly file: string }
  /** The record is there, the bytes of an output are not. */
  | {
      readonly status: 'missing-object';
      readonly action: Action;
      readonly output: string;
      readonly artifact: Artifact;
      readonly problem: 'missing or of another size' | 'changed';
    };

/** Kind of a record that keeps what a run published beside the outputs of its steps: no step makes it again. */
export const publishedKind = 'published';

/** Key → outputs. A record is written when all its objects stand, and read without any lock. */
export class ActionStore {
  readonly #folder: StoreFolder;
  readonly #objects: ObjectStore;
  readonly #files: FileDigests;

  constructor(folder: StoreFolder, objects: ObjectStore, files: FileDigests) {
    this.#folder = folder;
    this.#objects = objects;
    this.#files = files;
  }

  /** Reads the record and looks at each output: present and of the right size. Synchronous, for thousands are asked for at once. */
  lookUp(key: Digest): LookUp {
    const action = this.read(key);
    if (action === undefined) return { status: 'absent' };
    if (action === 'garbage') return { status: 'garbage', file: this.#folder.action(key) };
    const sizes = new Map<string, number | undefined>();
    for (const [output, artifact] of Object.entries(action.outputs)) {
      const problem = this.#problemOf(artifact, sizes);
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

  /**
   * Records that a step was done, when all its objects are closed: the last thing written for it.
   * @throws EnvironmentError when the disk is full or read-only
   * @throws DamagedObjectError when an output is not in the store
   */
  async record(action: Action): Promise<void> {
    for (const [output, artifact] of Object.entries(action.outputs)) {
      if (artifact.at === undefined && !this.#objects.has(artifact)) {
        throw new DamagedObjectError(artifact.digest, `is missing: it is output ${output} of ${action.step}`);
      }
    }
    await this.#folder.writeFile(this.#folder.action(action.key), seal(action));
  }

  #problemOf(artifact: Artifact, sizes: Map<string, number | undefined>) {
    const { at, bytes, digest } = artifact;
    if (at === undefined) return this.#objects.has(artifact) ? undefined : 'missing or of another size';
    if (!sizes.has(at.file)) sizes.set(at.file, this.#files.size(at.file));
    if ((sizes.get(at.file) ?? -1) < at.offset + bytes) return 'missing or of another size';
    // A file of another program: what is remembered of it tells a changed one, and reading it does in any case.
    const remembered = this.#files.remembered(at.file, { offset: at.offset, bytes });
    return remembered === undefined || remembered === digest ? undefined : 'changed';
  }
}
