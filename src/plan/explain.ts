import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import type { Step, StepContract } from '../steps/step.js';
import { type Change, changesSince, knownChangesSince } from './changes.js';
import type { Outcome } from './resolve.js';

/** Why a step is cached, or why it must run. */
export type Reason =
  | { readonly type: 'cached'; readonly key: Digest }
  | { readonly type: 'forced' }
  /** No step of this name was ever done in this workflow. */
  | { readonly type: 'new' }
  | { readonly type: 'changed'; readonly changes: readonly ExplainedChange[] }
  /** Nothing differs from what was done last, but the record of it is not in the store any more. */
  | { readonly type: 'forgotten' }
  | { readonly type: 'missing-object'; readonly output: string; readonly digest: Digest }
  /**
   * It takes an input from steps that run first. `via` leads from the nearest of them to the one that has a reason of
   * its own. `changes` are its own, as far as they are known.
   */
  | {
      readonly type: 'pending';
      readonly via: readonly string[];
      readonly cause: Exclude<Reason, { type: 'pending' | 'cached' }>;
      readonly changes: readonly ExplainedChange[];
    };

/** `via`: from the input back to what made it differ, a source or a step with a change of its own. */
export type ExplainedChange = Change & { readonly via?: readonly string[] };

/** Says why, for single steps, from what resolve found out and what earlier runs recorded. */
export class Explainer {
  readonly #steps: ReadonlyMap<string, Step>;
  readonly #outcomes: ReadonlyMap<string, Outcome>;
  readonly #declarations: Readonly<Record<string, StepContract>>;
  readonly #previous: (step: string, key: Digest | undefined) => Action | undefined;

  /** @param previous the newest action of a step that has another key than the one given */
  constructor(
    steps: readonly Step[],
    outcomes: ReadonlyMap<string, Outcome>,
    declarations: Readonly<Record<string, StepContract>>,
    previous: (step: string, key: Digest | undefined) => Action | undefined,
  ) {
    this.#steps = new Map(steps.map((step) => [step.id, step]));
    this.#outcomes = outcomes;
    this.#declarations = declarations;
    this.#previous = previous;
  }

  explain(id: string): Reason {
    const outcome = this.#outcomes.get(id)!;
    if (outcome.status === 'cached') return { type: 'cached', key: outcome.key };
    return outcome.why.type === 'pending' ? this.#pending(id) : this.#ownReason(id);
  }

  #ownReason(id: string): Exclude<Reason, { type: 'pending' | 'cached' }> {
    const outcome = this.#outcomes.get(id)!;
    if (outcome.status === 'cached') throw new Error(`${id} is cached`);
    const { why, key, fingerprint } = outcome;
    if (why.type === 'forced') return { type: 'forced' };
    if (why.type === 'missing-object') return { type: 'missing-object', output: why.output, digest: why.digest };
    const previous = this.#previous(id, key);
    if (previous === undefined) return { type: 'new' };
    const changes = changesSince(previous, fingerprint!).map((change) => this.#withChain(change));
    return changes.length === 0 ? { type: 'forgotten' } : { type: 'changed', changes };
  }

  #pending(id: string): Reason {
    const previous = this.#previous(id, undefined);
    if (previous === undefined) return { type: 'new' };
    const via: string[] = [];
    for (let current = id; ; current = via.at(-1)!) {
      const outcome = this.#outcomes.get(current)!;
      if (outcome.status === 'cached' || outcome.why.type !== 'pending') break;
      via.push(outcome.why.on[0]!);
    }
    const step = this.#steps.get(id)!;
    return {
      type: 'pending',
      via,
      cause: this.#ownReason(via.at(-1)!),
      changes: knownChangesSince(previous, step, this.#declarations[step.kind]!.revision),
    };
  }

  /** Follows a changed input back through steps that were done again until something changed by itself. */
  #withChain(change: Change): ExplainedChange {
    if (change.what !== 'input' || change.after === undefined) return change;
    const via = [change.after.node];
    const seen = new Set(via);
    for (;;) {
      const node = via.at(-1)!;
      const outcome = this.#outcomes.get(node);
      if (outcome?.status !== 'cached') break;
      const previous = this.#previous(node, outcome.key);
      const now = previous === undefined ? undefined : this.#changedInput(node, previous);
      if (now === undefined || seen.has(now)) break;
      via.push(now);
      seen.add(now);
    }
    return { ...change, via };
  }

  /** The node of the first input of a cached step whose content was another the time before. */
  #changedInput(id: string, previous: Action): string | undefined {
    const outcome = this.#outcomes.get(id);
    if (outcome?.status !== 'cached') return undefined;
    for (const [name, { node, digest }] of Object.entries(outcome.fingerprint.inputs)) {
      if (previous.inputs[name]?.digest !== digest) return node;
    }
    return undefined;
  }
}
