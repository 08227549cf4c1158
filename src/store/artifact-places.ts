import { join } from 'node:path';
import type { Artifact } from '../formats/artifact.js';
import type { FileDigests } from './file-digests.js';
import type { ObjectStore } from './object-store.js';

/** Place of the bytes of an artifact on this host. */
export interface ArtifactPlace {
  /** A range of a file outside the store, which begins at the offset; absent: the object of the digest. */
  readonly file?: { readonly path: string; readonly offset: number };
}

export type Problem = 'missing or of another size' | 'changed';

/**
 * Where bytes are that a record names. A record tells of the host that made it: `at` may be a path of that host, which is
 * none here, or of other bytes. So the bytes are looked for by their digest, too: among the objects, in files that were
 * hashed on this host, in its own cache of the hub. The record stays as it is.
 */
export class ArtifactPlaces {
  readonly #objects: ObjectStore;
  readonly #files: FileDigests;
  readonly #hubCache: string;

  constructor(objects: ObjectStore, files: FileDigests, hubCache: string) {
    this.#objects = objects;
    this.#files = files;
    this.#hubCache = hubCache;
  }

  /** A cheap look, no proof: reading checks the digest. Undefined when the bytes are out of reach here. */
  find(artifact: Artifact): ArtifactPlace | undefined {
    return this.look().find(artifact);
  }

  /** A look at many artifacts, of which many may lie in one file: it asks for the size of each file once. */
  look(): ArtifactLook {
    return new ArtifactLook(this.#objects, this.#files, this.#hubCache);
  }
}

class ArtifactLook {
  readonly #objects: ObjectStore;
  readonly #files: FileDigests;
  readonly #hubCache: string;
  readonly #sizes = new Map<string, number | undefined>();

  constructor(objects: ObjectStore, files: FileDigests, hubCache: string) {
    this.#objects = objects;
    this.#files = files;
    this.#hubCache = hubCache;
  }

  find(artifact: Artifact): ArtifactPlace | undefined {
    const { at } = artifact;
    if (at === undefined) return this.#objects.has(artifact) ? {} : undefined;
    if (this.#fileProblem(artifact, at.file) === undefined) return { file: { path: at.file, offset: at.offset } };
    if (this.#objects.has(artifact)) return {};
    const known = this.#files.find(artifact);
    if (known !== undefined) return { file: known };
    const inCache = hubFile(at.file, this.#hubCache);
    if (inCache === undefined || this.#fileProblem(artifact, inCache) !== undefined) return undefined;
    return { file: { path: inCache, offset: at.offset } };
  }

  problemOf(artifact: Artifact): Problem | undefined {
    if (this.find(artifact) !== undefined) return undefined;
    const { at } = artifact;
    return at === undefined ? 'missing or of another size' : this.#fileProblem(artifact, at.file);
  }

  /** What keeps the bytes from being those that lie at the artifact's offset in a file. */
  #fileProblem({ at, bytes, digest }: Artifact, file: string): Problem | undefined {
    const { offset } = at!;
    if (!this.#sizes.has(file)) this.#sizes.set(file, this.#files.size(file));
    if ((this.#sizes.get(file) ?? -1) < offset + bytes) return 'missing or of another size';
    // A file of another program: what is remembered of it tells a changed one, and reading it does in any case.
    const remembered = this.#files.remembered(file, { offset, bytes });
    return remembered === undefined || remembered === digest ? undefined : 'changed';
  }
}

/** The file of the same repository, commit and name in another cache of the hub. */
function hubFile(file: string, hubCache: string): string | undefined {
  const [, inside] = /[\\/]((?:models|datasets)--[^\\/]+[\\/]snapshots[\\/][0-9a-f]{40}[\\/].+)$/.exec(file) ?? [];
  const parts = inside?.split(/[\\/]/);
  return parts === undefined || parts.includes('..') ? undefined : join(hubCache, ...parts);
}
