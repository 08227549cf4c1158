import { partsOf } from '../workflow/datasets/registry.js';
import type { Workflow } from '../workflow/workflow.js';
import type { DatasetNode } from './datasets/kind.js';
import { datasetPlan } from './datasets/registry.js';
import type { ProgramExpansion } from './expand-programs.js';
import type { Facts } from './facts.js';
import type { PlanBuilder } from './plan-builder.js';

/** Adds the steps that make rows, on demand: a dataset that nothing uses is never fetched. */
export class DatasetExpansion {
  readonly #made = new Map<string, DatasetNode>();
  readonly #workflow: Workflow;
  readonly #facts: Facts;
  readonly #programs: ProgramExpansion;
  readonly #builder: PlanBuilder;

  constructor(workflow: Workflow, facts: Facts, programs: ProgramExpansion, builder: PlanBuilder) {
    this.#programs = programs;
    this.#workflow = workflow;
    this.#facts = facts;
    this.#builder = builder;
  }

  /** Adds the dataset and whatever it is mixed from; by a stack of its own, so that a long ancestry cannot overflow. */
  node(name: string): DatasetNode {
    const parts = { facts: this.#facts, programs: this.#programs, builder: this.#builder, made: this.#made };
    const pending = [name];
    while (pending.length > 0) {
      const dataset = this.#workflow.datasets.get(pending.at(-1)!)!;
      const missing = partsOf(dataset).filter((part) => !this.#made.has(part));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      if (!this.#made.has(dataset.name)) this.#made.set(dataset.name, datasetPlan(dataset).add(dataset, parts));
    }
    return this.#made.get(name)!;
  }
}
