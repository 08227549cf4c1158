import type { Artifact, Artifacts } from '../../formats/artifact.js';
import { artifactOf } from '../../plan/key.js';
import type { Input, Step } from '../../steps/step.js';
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

/** The steps that made inputs whose bytes are not there any more, thrown away because they were damaged. */
export function producersOfLostInputs(
  step: Step,
  outputs: ReadonlyMap<string, Artifacts>,
  has: (artifact: Artifact) => boolean,
): string[] {
  const lost = new Set<string>();
  for (const input of Object.values(step.inputs)) {
    if (!artifactsOf(input, outputs).every(has)) lost.add(input.node);
  }
  return [...lost];
}

/** All artifacts that a step takes. */
export function inputsOf(step: Step, outputs: ReadonlyMap<string, Artifacts>): Artifact[] {
  return Object.values(step.inputs).flatMap((input) => artifactsOf(input, outputs));
}

function artifactsOf({ node, output }: Input, outputs: ReadonlyMap<string, Artifacts>): Artifact[] {
  const all = outputs.get(node) ?? {};
  return output === '*' ? Object.values(all) : [all[output]!];
}
