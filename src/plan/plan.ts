import type { Step } from '../steps/step.js';
import type { NamedCell } from './cell-labels.js';

/** A workflow unrolled: every step of it that can be known yet. A plain value, made by expand. */
export interface Plan {
  /** Each after all steps it takes inputs from. */
  readonly steps: readonly Step[];
  /** What the user already has, by node name: `source[aligned]` → the model `aligned`. */
  readonly sources: ReadonlyMap<string, Source>;
  /** What it takes from the Hugging Face hub. */
  readonly hub: readonly HubDefinition[];
  /** What cannot be unrolled before something is fetched. */
  readonly deferred: readonly Deferred[];
  /** Number of models that each metric of behaviour measures, by its name, also those whose steps are not known yet. */
  readonly responseSets: ReadonlyMap<string, number>;
  /** What goes to the results folder. */
  readonly results: readonly ResultFile[];
  /** The models of the workflow's `exports`, or the update of its `adapterExport` → their nodes. */
  readonly exports: ReadonlyMap<string, string>;
  /** `sweeps.parallel`, `metrics.overlap`, `updates.alignment`, … → ids of the steps made for it; targets name them. */
  readonly named: ReadonlyMap<string, readonly string[]>;
  /** What of its models the plan leaves out, and why. */
  readonly omitted: readonly Omission[];
  /** What whoever looks at the results must know besides. */
  readonly notes: readonly PlanNote[];
  /** The cells of the study; one without a label when the workflow has no matrix. */
  readonly cells: readonly PlannedCell[];
}

/** What each cell has of the plan of a study. */
export interface PlannedCell extends NamedCell {
  /** Ids of steps and sources in a plan of this cell alone → in the plan. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Ids by definition, like `named` of the plan. */
  readonly named: ReadonlyMap<string, readonly string[]>;
}

export interface Source {
  readonly kind: 'model' | 'dataset' | 'program';
  /** The name of a model or dataset, or the definition that has the program: `metrics.tone`. */
  readonly name: string;
  /** A cell that has it; absent without a matrix. */
  readonly cell?: string;
}

/** What a model or dataset takes from the Hugging Face hub. A type, not an interface, so that it is JSON. */
export type HubSource = {
  readonly repo: string;
  readonly revision: string;
  /** What of a dataset: `default/train`, or file names. */
  readonly part?: string;
};

/** A model or dataset that a workflow takes from the Hugging Face hub. */
export type HubDefinition = HubSource & {
  readonly kind: 'model' | 'dataset';
  readonly name: string;
  /** Absent until it is pinned. */
  readonly commit?: string;
  /** A cell that takes it; absent without a matrix. */
  readonly cell?: string;
};

export interface Deferred {
  /** `sweeps.parallel` */
  readonly what: string;
  /** Hub models whose tensors are unknown, and hub datasets that are not pinned (`datasets.useful`). */
  readonly models: readonly string[];
  /** The cell that waits; absent without a matrix. */
  readonly cell?: string;
}

/** A file of the results; where `file` and `output` end in `/`, all outputs of the step that begin so. */
export interface ResultFile {
  /** Name under results/<workflow>/. */
  readonly file: string;
  readonly node: string;
  readonly output: string;
}

/** A type, not an interface, so that it is JSON. */
export type PlanNote = {
  /** `models.ablated` */
  readonly of: string;
  readonly text: string;
};

export interface Omission {
  /** `updates.useful`, `models.base` */
  readonly of: string;
  /** A tensor of the update's models, or a file of the model. */
  readonly what: string;
  readonly why: string;
}
