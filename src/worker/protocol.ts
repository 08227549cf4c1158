import type { Artifact, Artifacts } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';

/** Runner → worker. */
export type Request =
  | { type: 'execute'; job: Job }
  | { type: 'cancel'; step: string }
  /** Reply with `adapter`, opening the device if it is not open yet, or with `failed` and an empty step. */
  | { type: 'describe-device' }
  | { type: 'exit' };

/** One step, made concrete: nothing of the workflow is needed to run it. */
export interface Job {
  readonly step: string;
  readonly kind: string;
  readonly key: Digest;
  /** Token of the lock on the key, which its runner holds: resumable state is found by it. */
  readonly lock: string;
  readonly params: JsonObject;
  readonly hints?: JsonObject;
  /** An artifact, or for `*` inputs all of the node's artifacts. */
  readonly inputs: Readonly<Record<string, { one: Artifact } | { all: Artifacts }>>;
  readonly store: string;
  /** The run that it is a part of: what its steps share is found by it, wherever they are carried out. */
  readonly run: string;
}

/** Worker → runner. `alive` comes every second as long as the event loop turns; `deviceBusySeconds` is how long the oldest submission has been running. */
export type Reply =
  | { type: 'ready' }
  | { type: 'adapter'; description: string; deviceClass: string; software: boolean }
  | { type: 'alive'; deviceBusySeconds: number; residentBytes: number; compilingKernels: number }
  | { type: 'progress'; step: string; done: number; total: number; unit?: string; note?: string }
  | { type: 'log'; step: string; line: string }
  | { type: 'warning'; step: string; message: string; hint?: string }
  | { type: 'done'; step: string; outputs: Artifacts }
  | {
      type: 'failed';
      step: string;
      error: {
        kind: 'data' | 'environment' | 'step' | 'device-lost' | 'interrupted' | 'bug';
        message: string;
        hint?: string;
        stack?: string;
      };
    };
