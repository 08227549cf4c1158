import type { Action, ActionInput } from '../formats/action.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import { encodeCanonical } from '../formats/canonical.js';
import { type Digest, digestOf } from '../formats/digest.js';
import type { Json, JsonObject } from '../formats/json.js';
import { programPort } from '../steps/program.js';
import type { Input, Step, StepContract } from '../steps/step.js';

/** All that decides what a step makes, and nothing else: two steps with equal fingerprints make the same bytes. */
export interface Fingerprint {
  readonly kind: string;
  /** Revision of the implementation: a new version of a step makes new results. */
  readonly revision: number;
  readonly params: JsonObject;
  /** Inputs by content: how an input came about does not matter. Node and output are kept to explain, not to hash. */
  readonly inputs: Readonly<Record<string, ActionInput>>;
  /** Class of the device, where arithmetic runs on it: drivers differ in more than the last bit. */
  readonly deviceClass?: string;
}

/** The outputs of every node that are known so far. */
export type KnownOutputs = ReadonlyMap<string, Artifacts>;

/**
 * @param outputs must hold every node the step takes inputs from
 * @throws Error when a node lacks an output the step asks for: planner and implementation disagree, a bug
 */
export function fingerprintOf(
  step: Step,
  declaration: StepContract,
  outputs: KnownOutputs,
  deviceClass: string,
): Fingerprint {
  const inputs: Record<string, ActionInput> = {};
  for (const name of Object.keys(step.inputs)) inputs[name] = identify(step, name, outputs);
  return {
    kind: step.kind,
    revision: declaration.revision,
    params: step.params,
    inputs,
    ...(declaration.usesDevice ? { deviceClass } : {}),
  };
}

export function keyOf(fingerprint: Fingerprint | Action): Digest {
  const inputs: Record<string, Json> = {};
  for (const [name, input] of Object.entries(fingerprint.inputs)) inputs[name] = identity(input.digest, input.tensor);
  return digestOf(
    encodeCanonical({
      kind: fingerprint.kind,
      revision: fingerprint.revision,
      params: fingerprint.params,
      inputs,
      device: fingerprint.deviceClass ?? null,
    }),
  );
}

/** The artifact an input stands for. */
export function artifactOf(step: Step, { node, output }: Input, outputs: KnownOutputs): Artifact {
  const artifact = outputs.get(node)?.[output];
  if (artifact === undefined) throw new Error(`${step.id} needs ${output} of ${node}, which has no such output`);
  return artifact;
}

function identify(step: Step, name: string, outputs: KnownOutputs): ActionInput {
  const input = step.inputs[name]!;
  const { node, output } = input;
  if (output === '*') {
    const artifacts = outputs.get(node) ?? {};
    const digest = digestOfAll(artifacts);
    return name === programPort ? { node, output, digest, files: filesOf(artifacts) } : { node, output, digest };
  }
  const { digest, tensor } = artifactOf(step, input, outputs);
  return { node, output, digest, ...(tensor === undefined ? {} : { tensor }) };
}

function filesOf(artifacts: Artifacts): Readonly<Record<string, Digest>> {
  const files = Object.entries(artifacts).map(([name, { digest }]) => [name.replace(/^file\//, ''), digest] as const);
  return Object.fromEntries(files);
}

/** One digest for all artifacts of a node; remembered, for many steps may ask for the same model. */
function digestOfAll(artifacts: Artifacts): Digest {
  let digest = digestsOfAll.get(artifacts);
  if (digest === undefined) {
    const list: Record<string, Json> = {};
    for (const [name, artifact] of Object.entries(artifacts)) list[name] = identity(artifact.digest, artifact.tensor);
    digest = digestOf(encodeCanonical(list));
    digestsOfAll.set(artifacts, digest);
  }
  return digest;
}

const digestsOfAll = new WeakMap<Artifacts, Digest>();

function identity(digest: Digest, tensor: Artifact['tensor']): Json {
  return tensor === undefined ? [digest] : [digest, tensor.dtype, tensor.shape];
}
