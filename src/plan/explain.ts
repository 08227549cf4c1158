import type { Action } from '../formats/action.js';
import type { Digest } from '../formats/digest.js';
import type { Step, StepContract } from '../steps/step.js';
import type { EditText } from '../workflow/edits.js';
import { type Change, changesSince, knownChangesSince } from './changes.js';
import type { Outcome } from './resolve.js';

/** Why a step is cached, or why it must run. */
export type Reason =
  | { readonly type: 'cached'; readonly key: Digest; readonly remote?: true }
  | { readonly type: 'forced' }
  /** Its key cannot be known, so that it may be cached after all. */
  | { readonly type: 'unknown'; readonly because: string }
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

/**
 * A change as it is told: a field of the workflow where one is known to be behind it. `via`: from the input back to what
 * made it differ, a source or a step with changes of its own, which are the `causes`.
 */
export type ExplainedChange =
  | { readonly what: 'field'; readonly edit: EditText }
  | (Change & { readonly via?: readonly string[]; readonly causes?: readonly ExplainedChange[] });

/** The edits of the workflow that are behind a change of a step since an earlier action; none where none is known. */
export type EditsBehind = (step: string, previous: Action, change: Change) => readonly EditText[];

/** Says why, for single steps, from what resolve found out and what earlier runs recorded. */
export class Explainer {
  readonly #steps: ReadonlyMap<string, Step>;
  readonly #outcomes: ReadonlyMap<string, Outcome>;
  readonly #declarations: Readonly<Record<string, StepContract>>;
  readonly #previous: (step: string, key: Digest | undefined) => Action | undefined;
  readonly #editsBehind: EditsBehind;

  /** @param previous the newest action of a step that has another key than the one given */
  constructor(
    steps: readonly Step[],
    outcomes: ReadonlyMap<string, Outcome>,
    declarations: Readonly<Record<string, StepContract>>,
    previous: (step: string, key: Digest | undefined) => Action | undefined,
    editsBehind: EditsBehind = () => [],
  ) {
    this.#steps = new Map(steps.map((step) => [step.id, step]));
    this.#outcomes = outcomes;
    this.#declarations = declarations;
    this.#previous = previous;
    this.#editsBehind = editsBehind;
  }

  explain(id: string): Reason {
    const outcome = this.#outcomes.get(id)!;
    if (outcome.status === 'cached') {
      return { type: 'cached', key: outcome.key, ...(outcome.remote === undefined ? {} : { remote: outcome.remote }) };
    }
    return outcome.why.type === 'pending' ? this.#pending(id) : this.#ownReason(id);
  }

  #ownReason(id: string): Exclude<Reason, { type: 'pending' | 'cached' }> {
    const outcome = this.#outcomes.get(id)!;
    if (outcome.status === 'cached') throw new Error(`${id} is cached`);
    const { why, key, fingerprint } = outcome;
    if (why.type === 'forced' || why.type === 'unknown') return why;
    if (why.type === 'missing-object') return { type: 'missing-object', output: why.output, digest: why.digest };
    const previous = this.#previous(id, key);
    if (previous === undefined) return { type: 'new' };
    const changes = this.#told(id, previous, changesSince(previous, fingerprint!));
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
      changes: this.#told(id, previous, knownChangesSince(previous, step, this.#declarations[step.kind]!.revision)),
    };
  }

  /** Changes by the fields behind them, each once, and after these what no field is behind. */
  #told(step: string, previous: Action, changes: readonly Change[]): ExplainedChange[] {
    const fields = new Map<string, ExplainedChange>();
    const others: ExplainedChange[] = [];
    for (const change of changes) {
      const edits = this.#editsBehind(step, previous, change);
      for (const edit of edits) fields.set(JSON.stringify(edit), { what: 'field', edit });
      if (edits.length === 0) others.push(this.#withChain(change));
    }
    return [...fields.values(), ...others];
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
    const causes = this.#ownChanges(via.at(-1)!);
    return { ...change, via, ...(causes.length === 0 ? {} : { causes }) };
  }

  /** What a step that was done again meanwhile changed by itself. */
  #ownChanges(id: string): ExplainedChange[] {
    const outcome = this.#outcomes.get(id);
    const previous = outcome?.status === 'cached' ? this.#previous(id, outcome.key) : undefined;
    if (outcome?.status !== 'cached' || previous === undefined) return [];
    const changes = changesSince(previous, outcome.fingerprint).filter(({ what }) => what !== 'input');
    return this.#told(id, previous, changes);
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
