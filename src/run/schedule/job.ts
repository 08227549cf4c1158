import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { artifactOf } from '../../plan/key.js';
import type { Step } from '../../steps/step.js';
import type { Job } from '../../worker/protocol.js';
import type { StepStore } from './step-store.js';

/** A step whose inputs are known, as a worker gets it. */
export function jobOf(
  step: Step,
  { key, lock }: Pick<Job, 'key' | 'lock'>,
  outputs: ReadonlyMap<string, Artifacts>,
  { path, run }: Pick<StepStore, 'path' | 'run'>,
): Job {
  const inputs: Record<string, { one: Artifact } | { all: Artifacts }> = {};
  for (const [name, input] of Object.entries(step.inputs)) {
    inputs[name] = input.output === '*' ? { all: outputs.get(input.node)! } : { one: artifactOf(step, input, outputs) };
  }
  const { id, kind, params, hints } = step;
  return { step: id, kind, key, lock, params, ...(hints === undefined ? {} : { hints }), inputs, store: path, run };
}
