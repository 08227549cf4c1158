import { RunflowError } from '../diagnostics/errors.js';
import { sameJson } from '../formats/json.js';
import type { Step } from '../steps/step.js';
import type { MapNode } from '../workflow/document.js';
import { editsBetween, type FieldEdit, without } from '../workflow/edits.js';
import type { Workflow } from '../workflow/workflow.js';
import { workflowOfDocument } from '../workflow/written.js';
import { type Change, changedParams } from './changes.js';
import { expand } from './expand.js';
import type { Facts } from './facts.js';
import type { Source } from './plan.js';

/** Steps that are planned to find out what edits do, over all of them; many edits are then taken back together. */
const mostSteps = 200_000;

/** A step as it is, beside the same step with some edits taken back. */
interface Difference {
  /** It would not be there. */
  readonly isNew: boolean;
  readonly params: readonly string[];
  readonly inputs: ReadonlySet<string>;
}

/** Edits that were taken back together, and the steps that this changes. */
interface Effect {
  readonly edits: readonly FieldEdit[];
  readonly steps: ReadonlyMap<string, Difference>;
}

export interface EditedPlan {
  /** The workflow's document at the time that is compared with, and now. */
  readonly before: MapNode;
  readonly after: MapNode;
  /** The workflow's own file; absolute. */
  readonly file: string;
  readonly facts: Facts;
  /** Steps of the plan as it is now. */
  readonly steps: readonly Step[];
  readonly sources: ReadonlyMap<string, Source>;
  /** What of a workflow the plan is of: an export leaves out what measures. */
  readonly asked: (workflow: Workflow) => Workflow;
}

/**
 * Which edits of a workflow are behind which changes of its steps. It is found by taking each edit back and planning
 * again: an edit is behind what then is otherwise. So it holds for every field and every kind of step, and nothing has to
 * say which field a parameter comes from.
 */
export class EditEffects {
  readonly #edits: readonly FieldEdit[];
  readonly #effects: readonly Effect[];
  /** All edits taken back: for what takes several of them. */
  readonly #together: Effect | undefined;
  readonly #sources: ReadonlyMap<string, Source>;

  private constructor(
    edits: readonly FieldEdit[],
    effects: readonly Effect[],
    together: Effect | undefined,
    plan: EditedPlan,
  ) {
    this.#edits = edits;
    this.#effects = effects;
    this.#together = together;
    this.#sources = plan.sources;
  }

  /** @param share part of the steps that may be planned: other plans have the rest */
  static async of(plan: EditedPlan, share = 1): Promise<EditEffects> {
    const edits = editsBetween(plan.before, plan.after);
    const effects: Effect[] = [];
    let waiting = initialGroups(edits, Math.max(1, Math.floor((mostSteps * share) / Math.max(1, plan.steps.length))));
    // What makes no workflow when it is taken back alone may make one together: a name, and what refers to it.
    for (const coarser of [sharingDefinitions, () => [edits], undefined]) {
      const invalid: FieldEdit[] = [];
      for (const group of waiting) {
        const effect = await effectOf(group, plan);
        if (effect === undefined) invalid.push(...group);
        else effects.push(effect);
      }
      if (coarser === undefined || invalid.length === 0) break;
      waiting = coarser(invalid, edits);
    }
    const together = effects.length > 1 ? await effectOf(edits, plan) : undefined;
    return new EditEffects(edits, effects, together, plan);
  }

  /** The edits behind a change of a step; none where none is known. */
  behind(step: string, change: Change): readonly FieldEdit[] {
    if (change.what === 'input' && isSamePort(change)) return this.#ofSource(change);
    if (change.what !== 'parameter' && change.what !== 'input') return [];
    const alone = this.#effects.filter(({ steps }) => explains(steps.get(step), change)).flatMap(({ edits }) => edits);
    if (alone.length > 0) return [...new Set(alone)];
    return explains(this.#together?.steps.get(step), change) ? this.#edits : [];
  }

  /** Edits of the definition whose files an input is. */
  #ofSource(change: Change & { readonly what: 'input' }): readonly FieldEdit[] {
    const source = this.#sources.get(change.after?.node ?? '');
    if (source === undefined) return [];
    return this.#edits.filter(({ path }) => path[0] === `${source.kind}s` && path[1] === source.name);
  }
}

function isSamePort({ before, after }: Change & { readonly what: 'input' }): boolean {
  return before?.node === after?.node && before?.output === after?.output;
}

function explains(difference: Difference | undefined, change: Change): boolean {
  if (difference === undefined) return false;
  if (difference.isNew) return true;
  if (change.what === 'input') return difference.inputs.has(change.name);
  if (change.what !== 'parameter') return false;
  return difference.params.some((path) => isWithin(path, change.path) || isWithin(change.path, path));
}

/** Whether a path of params is another or leads below it. */
function isWithin(path: string, above: string): boolean {
  return above === '' || path === above || path.startsWith(`${above}.`) || path.startsWith(`${above}[`);
}

function initialGroups(edits: readonly FieldEdit[], most: number): readonly (readonly FieldEdit[])[] {
  if (edits.length <= most) return edits.map((edit) => [edit]);
  const definitions = byDefinition(edits);
  return definitions.length <= most ? definitions : [edits];
}

function byDefinition(edits: readonly FieldEdit[]): readonly (readonly FieldEdit[])[] {
  const groups = new Map<string, FieldEdit[]>();
  for (const edit of edits) {
    const definition = edit.path.slice(0, 2).join('.');
    groups.set(definition, [...(groups.get(definition) ?? []), edit]);
  }
  return [...groups.values()];
}

/** All edits of the definitions that some edits are of. */
function sharingDefinitions(some: readonly FieldEdit[], all: readonly FieldEdit[]): readonly (readonly FieldEdit[])[] {
  return byDefinition(all).filter((group) => group.some((edit) => some.includes(edit)));
}

/** Undefined where the workflow without the edits is none, or cannot be planned. */
async function effectOf(edits: readonly FieldEdit[], plan: EditedPlan): Promise<Effect | undefined> {
  const workflow = await workflowOfDocument(without(plan.after, edits), plan.file);
  if (workflow === undefined) return undefined;
  const planned = plannedSteps(plan.asked(workflow), earlierFacts(plan.facts, edits));
  if (planned === undefined) return undefined;
  const steps = new Map<string, Difference>();
  for (const step of plan.steps) {
    const difference = differenceOf(planned.get(step.id), step);
    if (difference !== undefined) steps.set(step.id, difference);
  }
  return { edits, steps };
}

/** What is known of a repository now need not hold for the one that was named before. */
function earlierFacts(facts: Facts, edits: readonly FieldEdit[]): Facts {
  const commits = new Map(facts.commits);
  for (const { path } of edits) {
    const name = path[0] === 'models' ? path[1]! : path.slice(0, 2).join('.');
    if (commits.has(name)) commits.set(name, 'another');
  }
  return { ...facts, commits };
}

function plannedSteps(workflow: Workflow, facts: Facts): ReadonlyMap<string, Step> | undefined {
  try {
    return new Map(expand(workflow, facts).steps.map((step) => [step.id, step]));
  } catch (error) {
    // Its models do not fit each other, for instance.
    if (error instanceof RunflowError) return undefined;
    throw error;
  }
}

function differenceOf(before: Step | undefined, after: Step): Difference | undefined {
  if (before === undefined) return { isNew: true, params: [], inputs: new Set() };
  if (sameJson([before.params, before.inputs], [after.params, after.inputs])) return undefined;
  const names = new Set([...Object.keys(before.inputs), ...Object.keys(after.inputs)]);
  return {
    isNew: false,
    params: changedParams(before.params, after.params),
    inputs: new Set([...names].filter((name) => !sameJson(before.inputs[name], after.inputs[name]))),
  };
}
