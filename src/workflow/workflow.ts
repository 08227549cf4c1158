import type { Digest } from '../formats/digest.js';
import type { JsonObject } from '../formats/json.js';
import type { Claim } from './claims/claim.js';
import type { Cluster } from './cluster.js';
import type { Dataset } from './datasets/dataset.js';
import type { Metric } from './metrics/metric.js';
import type { Model } from './models/model.js';
import type { Recipe } from './recipes.js';
import type { Report } from './report.js';
import type { Semantics } from './semantics.js';
import type { CommandStep } from './steps.js';
import type { Subspace } from './subspaces/subspace.js';
import type { Sweep } from './sweeps/sweep.js';
import type { Update } from './updates.js';

export type { Architecture } from '../formats/architecture.js';
export type * from './claims/claim.js';
export type { Cluster, ClusterResources } from './cluster.js';
export type * from './datasets/dataset.js';
export type * from './definition.js';
export type * from './metrics/metric.js';
export type { StorageType } from './models/init.js';
export type * from './models/model.js';
export type * from './recipes.js';
export type * from './report.js';
export type { Semantics } from './semantics.js';
export type * from './steps.js';
export type * from './subspaces/subspace.js';
export type * from './sweeps/sweep.js';
export type * from './updates.js';

/** A workflow after includes, profile, params, --set and ${…}: names checked, paths absolute, sweeps not yet expanded. */
export interface Workflow {
  /** Absolute. */
  readonly file: string;
  readonly name: string;
  readonly seed: number;
  readonly semantics: Semantics;
  readonly models: ReadonlyMap<string, Model>;
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly recipes: ReadonlyMap<string, Recipe>;
  readonly updates: ReadonlyMap<string, Update>;
  readonly subspaces: ReadonlyMap<string, Subspace>;
  readonly sweeps: ReadonlyMap<string, Sweep>;
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly claims: ReadonlyMap<string, Claim>;
  readonly steps: ReadonlyMap<string, CommandStep>;
  /** Models to make though no sweep or metric needs them: `runflow export` names one. */
  readonly exports?: readonly string[];
  /** An update to make an adapter of: `runflow export --as adapter` names it. */
  readonly adapterExport?: AdapterExport;
  readonly report: Report;
  /** What runners of a cluster get; absent when the workflow says nothing of it. */
  readonly cluster?: Cluster;
}

export interface AdapterExport {
  readonly update: string;
  readonly rank: number;
  /** What becomes of tensors that are not linear layers; undefined: there must be none. */
  readonly rest: 'drop' | 'modules-to-save' | undefined;
}

/** A workflow with what it was made of: for run.json, the report, and caches of the plan. */
export interface LoadedWorkflow extends Workflow {
  /** Every file that was read, the workflow's own first. The same digests and options give the same workflow. */
  readonly files: readonly WorkflowFile[];
  readonly profile: string | undefined;
  /** The document after includes, profile, --set and ${…}, as it was checked. */
  readonly document: JsonObject;
  readonly applied: AppliedSettings;
  /** What all this was read from. */
  readonly written: WrittenWorkflow;
}

/** A workflow as the user wrote and asked for it: enough to read it again when its files have changed or are gone. */
export interface WrittenWorkflow {
  /** Absolute. */
  readonly file: string;
  /** Every file that was read, the workflow's own first. */
  readonly texts: readonly FileText[];
  /** The profile in use, whether the command line or the workflow names it. */
  readonly profile?: string;
  /** Values of the cell, before those of `set`; absent without a matrix, and where only the profile makes the cell. */
  readonly cell?: readonly WrittenValue[];
  /** `a.b=value` as typed, in the order they were applied. */
  readonly set: readonly string[];
  /** Absent unless the command line gave it. */
  readonly semantics?: Semantics;
}

/** A value that a cell of a matrix gives. */
export interface WrittenValue {
  /** `params.lr` */
  readonly path: string;
  readonly value: string | number | boolean;
  /** A number or truth value as it was written. */
  readonly written?: string;
  /** Absolute folder that a relative path is relative to. */
  readonly folder: string;
}

export interface FileText {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
}

/** What the command line laid over a workflow as it is written: two runs that differ in it have results of their own. */
export interface AppliedSettings {
  /** Absent when it is the one that the workflow itself names. */
  readonly profile?: string;
  /** `a.b=value` as typed, in the order they were applied, without those that a later one replaced whole. */
  readonly set: readonly string[];
  /** Absent when it is what the workflow itself says. */
  readonly semantics?: Semantics;
}

export interface WorkflowFile {
  /** Absolute. */
  readonly file: string;
  /** Digest of the file's bytes. */
  readonly digest: Digest;
}
