import type { StepKind, StepOf } from '../../steps/contracts.js';
import type { Input } from '../../steps/step.js';
import type { Dataset } from '../../workflow/workflow.js';
import type { ProgramExpansion } from '../expand-programs.js';
import type { Facts } from '../facts.js';
import type { HubSource } from '../plan.js';
import type { PlanBuilder } from '../plan-builder.js';

/** What the plan knows of a kind of dataset. */
export interface DatasetPlan<Definition> {
  /** Adds the steps that make its rows. All that it is made from is in `parts.made`. */
  add(dataset: Definition, parts: DatasetParts): DatasetNode;
  /** How many rows are made, before its transforms; undefined, or absent: only its files tell. */
  rows?(dataset: Definition): number | undefined;
  /** What it takes from the hub. Absent: nothing. */
  hub?(dataset: Definition): HubSource;
  /** The text of the report, transforms aside. */
  text(dataset: Definition, facts: Facts): string;
}

/** A dataset as a node of the DAG: its rows. */
export type DatasetNode = { readonly node: string } | { readonly waitsFor: readonly string[] };

/** What datasets are planned with. */
export interface DatasetParts {
  readonly facts: Facts;
  readonly programs: ProgramExpansion;
  readonly builder: PlanBuilder;
  /** The datasets that are planned already, by name. */
  readonly made: ReadonlyMap<string, DatasetNode>;
}

/** Adds a step of a dataset. @returns its id */
export function addDatasetStep<K extends StepKind>(
  { builder }: Pick<DatasetParts, 'builder'>,
  kind: K,
  { name }: Pick<Dataset, 'name'>,
  params: StepOf<K>['params'],
  inputs: Readonly<Record<string, Input>>,
): string {
  return builder.add({ id: `${kind}[${name}]`, kind, params, inputs, group: 'Datasets' }, `datasets.${name}`);
}
