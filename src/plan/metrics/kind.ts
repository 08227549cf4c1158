import type { Workflow } from '../../workflow/workflow.js';
import type { DatasetExpansion } from '../expand-datasets.js';
import type { ProgramExpansion } from '../expand-programs.js';
import type { ProjectionExpansion } from '../expand-projections.js';
import type { UpdateExpansion } from '../expand-updates.js';
import type { MeasuredModels } from '../measured-models.js';
import type { PlanBuilder } from '../plan-builder.js';
import type { ScoredModel } from './scored-model.js';

/** What the plan knows of a kind of metric that scores what a model does. */
export interface BehaviourPlan<Metric> {
  /** Whether its step also writes `items`: a line an item, for people. */
  readonly items: boolean | ((metric: Metric) => boolean);
  /** Adds the steps that score one model. @returns the one that gives `scores` */
  score(metric: Metric, subject: ScoredModel): string;
}

/** What the plan knows of a kind of metric that has a table of its own. */
export interface TablePlan<Metric> {
  /** Metrics of updates run no model; those that do are planned after behaviour, which runs the same models. */
  readonly of: 'updates' | 'models';
  /** Adds the steps of all metrics of the kind, and their table. */
  expand(metrics: readonly Metric[], parts: PlanParts): void;
}

/** The same of a kind that claims speak of. */
export interface OverlapPlan<Metric> extends TablePlan<Metric> {
  /** Rows in which claims find what it found. */
  rows(metric: Metric): OverlapRows;
}

export interface OverlapRows {
  readonly table: string;
  /** The metric's name, where the table has a column of it. */
  readonly metric: string | null;
  /** The models whose rows are the metric's own; null: the table names none. */
  readonly models: readonly (string | null)[];
}

/** What metrics are planned with. */
export interface PlanParts {
  readonly workflow: Workflow;
  readonly updates: UpdateExpansion;
  readonly projections: ProjectionExpansion;
  readonly models: MeasuredModels;
  readonly datasets: DatasetExpansion;
  readonly programs: ProgramExpansion;
  readonly builder: PlanBuilder;
}
