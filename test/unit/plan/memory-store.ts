import type { Action } from '../../../src/formats/action.js';
import type { Artifact, Artifacts } from '../../../src/formats/artifact.js';
import { type Digest, digestOf } from '../../../src/formats/digest.js';
import type { JsonObject } from '../../../src/formats/json.js';
import { type Fingerprint, keyOf } from '../../../src/plan/key.js';
import { type Found, type Outcome, resolve, type Situation } from '../../../src/plan/resolve.js';
import type { Step, StepContract } from '../../../src/steps/step.js';

export const artifact = (text: string): Artifact => ({ digest: digestOf(text), bytes: text.length });

export function declaration(kind: string, revision = 1, usesDevice = false): StepContract {
  return { kind, revision, usesDevice, inputs: {}, outputs: {} };
}

/** A step of kind `make` with one input for each of `from`. */
export function make(id: string, from: readonly string[] = [], params: JsonObject = {}, kind = 'make'): Step {
  const inputs = Object.fromEntries(from.map((node, index) => [`in${index}`, { node, output: 'out' }]));
  return { id, kind, params, inputs, group: kind };
}

/** Actions and objects in memory, and the newest keys of each step. */
export class MemoryStore {
  readonly actions = new Map<Digest, Action>();
  readonly objects = new Set<Digest>();
  readonly #keys = new Map<string, Digest[]>();

  lookUp(key: Digest): Found {
    const action = this.actions.get(key);
    if (action === undefined) return { status: 'absent' };
    for (const [output, object] of Object.entries(action.outputs)) {
      if (!this.objects.has(object.digest)) return { status: 'missing-object', output, artifact: object };
    }
    return { status: 'hit', action };
  }

  record(action: Action): void {
    this.actions.set(action.key, action);
    for (const { digest } of Object.values(action.outputs)) this.objects.add(digest);
    this.#keys.set(action.step, [action.key, ...(this.#keys.get(action.step) ?? [])]);
  }

  /** Records that the step was done with this fingerprint. */
  did(step: Step, fingerprint: Fingerprint, outputs: Artifacts): void {
    const provenance = { workflow: 'test', step: step.id, started: '2026-01-01T00:00:00Z', seconds: 1, versions: {} };
    this.record({ key: keyOf(fingerprint), ...fingerprint, outputs, ...provenance });
  }

  previous = (step: string, key: Digest | undefined): Action | undefined => {
    const earlier = (this.#keys.get(step) ?? []).find((candidate) => candidate !== key);
    return earlier === undefined ? undefined : this.actions.get(earlier);
  };
}

export function situationOf(store: MemoryStore, changes: Partial<Situation> = {}): Situation {
  return {
    declarations: { make: declaration('make'), device: declaration('device', 1, true) },
    sources: new Map([['source', { out: artifact('source') }]]),
    deviceClass: 'vulkan/test',
    lookUp: (key) => store.lookUp(key),
    forced: () => false,
    ...changes,
  };
}

/** Does all steps that are not cached, one after the other; each output is a text made of the step's inputs. */
export function doAll(
  steps: readonly Step[],
  store: MemoryStore,
  situation: Situation,
  output: (step: Step) => string = (step) => step.id,
): string[] {
  const ran: string[] = [];
  for (;;) {
    const outcomes = resolve(steps, situation);
    const next = steps.find((step) => {
      const outcome = outcomes.get(step.id)!;
      return outcome.status === 'run' && outcome.fingerprint !== undefined && !ran.includes(step.id);
    });
    if (next === undefined) return ran;
    const outcome = outcomes.get(next.id) as Outcome & { status: 'run' };
    store.did(next, outcome.fingerprint!, { out: artifact(output(next)) });
    ran.push(next.id);
  }
}
