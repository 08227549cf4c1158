import type { Artifact, Artifacts } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import type { Json, JsonObject } from '../formats/json.js';
import type { DType } from '../formats/tensor.js';
import type { Gpu } from '../gpu/gpu.js';

export type StepImplementation<Params extends JsonObject = JsonObject, Hints extends JsonObject = JsonObject> = (
  context: StepContext<Params, Hints>,
) => Promise<void>;

/** Everything a step implementation may touch. */
export interface StepContext<Params extends JsonObject = JsonObject, Hints extends JsonObject = JsonObject> {
  readonly params: Params;
  /** The step's hints; empty when it has none. */
  readonly hints: Hints;
  /** False for an optional input that the planner left out. */
  has(input: string): boolean;
  /** The artifact of a single-output input. Throws if the step declared none of that name. */
  input(name: string): Artifact;
  /** All artifacts of a `*` input. */
  inputs(name: string): Artifacts;
  /** Reads bytes [offset, offset + length) of an artifact, verified against its digest on first use. */
  read(artifact: Artifact, offset?: number, length?: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Stores one output whole. */
  write(output: string, bytes: Uint8Array, tensor?: { dtype: DType; shape: readonly number[] }): Promise<Artifact>;
  /** Stores one output part by part: memory follows the part. */
  writer(output: string, tensor?: { dtype: DType; shape: readonly number[] }): Promise<ArtifactWriter>;
  /** Declares an output that lives outside the store (a downloaded file that another program's cache owns). */
  reference(output: string, artifact: Artifact): void;
  /** The device, opened on first use. */
  gpu(): Promise<Gpu>;
  /**
   * Something on the device that steps of one key share, such as a model that several metrics measure: what `make` made for
   * an earlier step, or else what it makes now. It stays until a step wants the device for anything else.
   */
  resident<T extends Resident>(key: Digest, make: () => Promise<T>): Promise<T>;
  /**
   * A folder of this step's key that survives a kill: resumable state goes here, each file whole under its name. Another
   * attempt finds these files in a folder of its own. Removed once the step is recorded.
   */
  scratch(): Promise<string>;
  /** Tells processes that an attempt at this step's key starts from all others. */
  readonly mark: string;
  /**
   * Changes a small value that all steps of this run share, whoever carries them out: one change after another, each whole
   * or not at all. `undefined` before the first. Gone with the run.
   */
  changeShared<T extends Json>(name: string, update: (before: T | undefined) => T): Promise<T>;
  /**
   * A folder that all steps share which ask for the same name. What lies there costs time or money to get again and
   * nothing else: it goes when nobody has added to it for a while.
   */
  memory(name: string): Promise<string>;
  progress(update: { done: number; total: number; unit?: string; note?: string }): void;
  log(line: string): void;
  /** Says what whoever looks at the results must know: every renderer shows it, a log line only some do. */
  warn(message: string, hint?: string): void;
  /** Aborted on Ctrl-C or when the run is cancelled: stop soon, leave resumable state behind. */
  readonly signal: AbortSignal;
}

/** What keeps device memory until it is released. */
export interface Resident {
  release(): void;
}

export interface ArtifactWriter {
  append(bytes: Uint8Array): Promise<void>;
  /** Fsyncs, renames into place and records the output. */
  close(): Promise<Artifact>;
  abort(): Promise<void>;
}
