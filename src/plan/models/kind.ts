import type { StepKind, StepOf } from '../../steps/contracts.js';
import type { Input } from '../../steps/step.js';
import type { Model, Workflow } from '../../workflow/workflow.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { ProgramExpansion } from '../expand-programs.js';
import type { ProjectionExpansion } from '../expand-projections.js';
import type { UpdateExpansion, Waiting } from '../expand-updates.js';
import type { Facts } from '../facts.js';
import type { MeasuredModel, ModelNode } from '../model-node.js';
import type { HubSource } from '../plan.js';
import type { PlanBuilder } from '../plan-builder.js';

/** What the plan knows of a way to make a model. */
export interface ModelPlan<Definition> {
  /** Adds the steps that make the model. All that it is made from is in `parts.made`. */
  add(model: Definition, parts: ModelParts): ModelNode;
  /** How the model is made in memory, for what only measures it, or which written model it is. Absent: it is written. */
  inMemory?(model: Definition, parts: ModelParts): MeasuredModel | Waiting;
  /** What it takes from the hub. Absent: nothing. */
  hub?(model: Definition): HubSource | undefined;
  /** The model is trained: its step writes the loss `curve` too. */
  readonly curve?: true;
  /** The text of the report. */
  text(model: Definition, facts: Facts): string;
}

/** What models are planned with. */
export interface ModelParts {
  readonly workflow: Workflow;
  readonly datasets: DatasetExpansion;
  readonly programs: ProgramExpansion;
  readonly facts: Facts;
  readonly builder: PlanBuilder;
  /** The models that are planned already, by name. */
  readonly made: ReadonlyMap<string, ModelNode>;
  readonly updates: UpdateExpansion;
  readonly projections: ProjectionExpansion;
}

/** Adds a step of a model. One that lists training seeds is of the seed of this round. @returns its id */
export function addModelStep<K extends StepKind>(
  { builder }: Pick<ModelParts, 'builder'>,
  kind: K,
  { name, seeds }: Pick<Model, 'name'> & { readonly seeds?: readonly number[] },
  params: StepOf<K>['params'],
  inputs: Readonly<Record<string, Input>>,
  hints?: StepOf<K>['hints'],
): string {
  const step = {
    id: `${kind}[${name}]`,
    kind,
    params,
    inputs,
    group: `Model ${name}`,
    ...(hints === undefined ? {} : { hints }),
  };
  return seeds === undefined ? builder.add(step, `models.${name}`) : builder.addTrained(step, `models.${name}`);
}
