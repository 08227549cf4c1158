import type { Artifacts } from './artifact.js';
import type { Digest } from './digest.js';
import type { JsonObject } from './json.js';
import type { DType } from './tensor.js';

/** The record that a step with this key was done: what came out, and what went in, so that a later run can say what differs. */
export interface Action {
  readonly key: Digest;
  readonly kind: string;
  readonly revision: number;
  readonly params: JsonObject;
  readonly inputs: Readonly<Record<string, ActionInput>>;
  /** Class of the device that did the arithmetic; absent where none did. */
  readonly deviceClass?: string;
  readonly outputs: Artifacts;

  // What follows is provenance: no part of the key.
  /** Workflow and id of the step that was first done with this key. */
  readonly workflow: string;
  readonly step: string;
  /** ISO 8601 */
  readonly started: string;
  readonly seconds: number;
  /** Name of the host that did it; absent in records of older versions. */
  readonly host?: string;
  /** Versions of runflow, Node and Dawn. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface ActionInput {
  /** Id of the step or source it came from. */
  readonly node: string;
  readonly output: string;
  /** Digest of the artifact, or of the whole list for a `*` input. */
  readonly digest: Digest;
  readonly tensor?: { readonly dtype: DType; readonly shape: readonly number[] };
  /** Files of a program of the user's by name, which the digest is of: no part of the key. Absent in records of older versions. */
  readonly files?: Readonly<Record<string, Digest>>;
}
