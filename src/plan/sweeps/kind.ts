import type { Measured } from '../../steps/evaluation-table.js';
import type { ReportParams } from '../../steps/report.js';
import type { Workflow } from '../../workflow/workflow.js';
import type { Waiting } from '../expand-updates.js';
import type { MeasuredModels } from '../measured-models.js';
import type { MeasuredModel } from '../model-node.js';

/** What the plan knows of a kind of sweep: the models along it. */
export interface SweepPlan<Sweep> {
  /** Whole models that are measured beside the points. */
  ends(sweep: Sweep, workflow: Workflow): readonly string[];
  points(sweep: Sweep, parts: SweepParts): readonly SweepPoint[];
  /** What is varied, for the report. */
  text(sweep: Sweep, workflow: Workflow): string;
  /** What figures over `times` say of it. Absent: it has none. */
  varied?(sweep: Sweep, workflow: Workflow): NonNullable<ReportParams['varied']>[number];
}

export interface SweepParts {
  readonly workflow: Workflow;
  readonly models: MeasuredModels;
}

/** A model along a sweep. */
export interface SweepPoint {
  readonly measured: Measured;
  /** Name in the ids of its steps. Points of one name are one point. */
  readonly text: string;
  readonly model: () => MeasuredModel | Waiting;
  /** Part of the directions that a rank uses, of a point that is one. The point is planned. */
  readonly share?: () => number;
}
