import type { Action } from '../formats/action.js';
import type { Artifact, Artifacts } from '../formats/artifact.js';
import type { Digest } from '../formats/digest.js';
import type { Step, StepContract } from '../steps/step.js';
import { type Fingerprint, fingerprintOf, keyOf } from './key.js';

/** What the store says of a key. */
export type Found =
  /** `remote`: what it names may have to be brought from another store. */
  | { readonly status: 'hit'; readonly action: Action; readonly remote?: true }
  | { readonly status: 'absent' | 'garbage' }
  | { readonly status: 'missing-object'; readonly output: string; readonly artifact: Artifact };

export type Outcome =
  | {
      readonly status: 'cached';
      readonly key: Digest;
      readonly fingerprint: Fingerprint;
      readonly outputs: Artifacts;
      /** It was done elsewhere, and the remote store has it. */
      readonly remote?: true;
    }
  | { readonly status: 'run'; readonly why: Why; readonly key?: Digest; readonly fingerprint?: Fingerprint };

export type Why =
  /** No step with this key was done; `explain` finds out what differs from the last time. */
  | { readonly type: 'no-action' }
  | { readonly type: 'forced' }
  /** Its key cannot be known. */
  | { readonly type: 'unknown'; readonly because: string }
  /** Done before, but this output is not in the store any more. */
  | { readonly type: 'missing-object'; readonly output: string; readonly digest: Digest }
  /** It takes inputs from steps that run first; if they make the same bytes as before, it will be cached after all. */
  | { readonly type: 'pending'; readonly on: readonly string[] };

export interface Situation {
  readonly declarations: Readonly<Record<string, StepContract>>;
  /** The outputs of sources. */
  readonly sources: ReadonlyMap<string, Artifacts>;
  readonly deviceClass: string;
  readonly lookUp: (key: Digest, step: string) => Found;
  readonly forced: (step: string) => boolean;
}

/**
 * What is cached and what must run, as far as can be said before anything runs. One pass in plan order: the length of
 * a chain does not matter.
 */
export function resolve(steps: readonly Step[], situation: Situation): Map<string, Outcome> {
  const outcomes = new Map<string, Outcome>();
  const outputs = new Map(situation.sources);
  for (const step of steps) {
    const outcome = resolveStep(step, outputs, situation);
    outcomes.set(step.id, outcome);
    if (outcome.status === 'cached') outputs.set(step.id, outcome.outputs);
  }
  return outcomes;
}

/** The same for one step, given the outputs that are known by now. */
export function resolveStep(step: Step, outputs: ReadonlyMap<string, Artifacts>, situation: Situation): Outcome {
  const on = new Set<string>();
  for (const { node } of Object.values(step.inputs)) if (!outputs.has(node)) on.add(node);
  if (on.size > 0) return { status: 'run', why: { type: 'pending', on: [...on] } };
  if (step.unknown !== undefined) return { status: 'run', why: { type: 'unknown', because: step.unknown } };
  const fingerprint = fingerprintOf(step, declarationOf(step, situation), outputs, situation.deviceClass);
  const key = keyOf(fingerprint);
  if (situation.forced(step.id)) return { status: 'run', why: { type: 'forced' }, key, fingerprint };
  const found = situation.lookUp(key, step.id);
  switch (found.status) {
    case 'hit':
      return {
        status: 'cached',
        key,
        fingerprint,
        outputs: found.action.outputs,
        ...(found.remote === undefined ? {} : { remote: found.remote }),
      };
    case 'missing-object': {
      const { output, artifact } = found;
      return { status: 'run', why: { type: 'missing-object', output, digest: artifact.digest }, key, fingerprint };
    }
    default:
      return { status: 'run', why: { type: 'no-action' }, key, fingerprint };
  }
}

function declarationOf(step: Step, { declarations }: Situation): StepContract {
  const declaration = declarations[step.kind];
  if (declaration === undefined) throw new Error(`no step kind ${step.kind} in the registry`);
  return declaration;
}
