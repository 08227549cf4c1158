import type { StepKind, StepOf } from '../steps/contracts.js';
import type { FetchDatasetParams } from '../steps/fetch-dataset.js';
import type { MixParams } from '../steps/mix.js';
import type { RowsParams } from '../steps/rows.js';
import type { Input } from '../steps/step.js';
import type { SyntheticParams } from '../steps/synthetic.js';
import { partsOf } from '../workflow/datasets.js';
import type { Dataset, Workflow } from '../workflow/workflow.js';
import type { Facts } from './facts.js';
import type { PlanBuilder } from './plan-builder.js';

/** A dataset as a node of the DAG: its rows. */
export type DatasetNode = { readonly node: string } | { readonly waitsFor: readonly string[] };

/** Adds the steps that make rows, on demand: a dataset that nothing uses is never fetched. */
export class DatasetExpansion {
  readonly #nodes = new Map<string, DatasetNode>();
  readonly #workflow: Workflow;
  readonly #facts: Facts;
  readonly #builder: PlanBuilder;

  constructor(workflow: Workflow, facts: Facts, builder: PlanBuilder) {
    this.#workflow = workflow;
    this.#facts = facts;
    this.#builder = builder;
  }

  /** Adds the dataset and whatever it is mixed from; by a stack of its own, so that a long ancestry cannot overflow. */
  node(name: string): DatasetNode {
    const pending = [name];
    while (pending.length > 0) {
      const dataset = this.#workflow.datasets.get(pending.at(-1)!)!;
      const missing = partsOf(dataset).filter((part) => !this.#nodes.has(part));
      if (missing.length > 0) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      if (!this.#nodes.has(dataset.name)) this.#nodes.set(dataset.name, this.#add(dataset));
    }
    return this.#nodes.get(name)!;
  }

  #add(dataset: Dataset): DatasetNode {
    switch (dataset.kind) {
      case 'synthetic': {
        const params: SyntheticParams = { what: dataset.what, transforms: dataset.transforms };
        return { node: this.#step('synthetic', dataset, params, {}) };
      }
      case 'mix':
        return this.#addMix(dataset);
      case 'path': {
        const node = `source[datasets.${dataset.name}]`;
        this.#builder.addSource(node, { kind: 'dataset', name: dataset.name });
        return { node: this.#addRows(dataset, node, dataset.files) };
      }
      case 'hub':
        return this.#addFetch(dataset);
    }
  }

  #addFetch(dataset: Dataset & { kind: 'hub' }): DatasetNode {
    const { repo, rows } = dataset;
    const commit = this.#facts.commits.get(`datasets.${dataset.name}`);
    if (commit === undefined) return { waitsFor: [`datasets.${dataset.name}`] };
    const params: FetchDatasetParams = { repo, commit, rows };
    const node = this.#step('fetch-dataset', dataset, params, {});
    return { node: this.#addRows(dataset, node, 'files' in rows ? rows.files : undefined) };
  }

  #addRows(dataset: Dataset, node: string, files: readonly string[] | undefined): string {
    const params: RowsParams = { transforms: dataset.transforms, ...(files === undefined ? {} : { files }) };
    return this.#step('rows', dataset, params, { files: { node, output: '*' } });
  }

  #addMix(dataset: Dataset & { kind: 'mix' }): DatasetNode {
    const inputs: Record<string, Input> = {};
    for (const [index, part] of dataset.parts.entries()) {
      const made = this.#nodes.get(part.dataset)!;
      if ('waitsFor' in made) return { waitsFor: waitsOf(partsOf(dataset).map((name) => this.#nodes.get(name)!)) };
      inputs[`part/${index}`] = { node: made.node, output: 'rows' };
    }
    const parts = dataset.parts.map(({ dataset: name, share, count }) => ({
      name,
      ...(share === undefined ? {} : { share }),
      ...(count === undefined ? {} : { count }),
    }));
    const { total, transforms } = dataset;
    const params: MixParams = { parts, transforms, ...(total === undefined ? {} : { total }) };
    return { node: this.#step('mix', dataset, params, inputs) };
  }

  #step<K extends StepKind>(
    kind: K,
    { name }: Dataset,
    params: StepOf<K>['params'],
    inputs: Record<string, Input>,
  ): string {
    const id = `${kind}[${name}]`;
    return this.#builder.add({ id, kind, params, inputs, group: 'Datasets' }, `datasets.${name}`);
  }
}

function waitsOf(nodes: readonly DatasetNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => ('waitsFor' in node ? node.waitsFor : [])))];
}
