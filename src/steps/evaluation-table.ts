import type { ProjectionMode, ProjectionSide } from '../formats/projection.js';
import type { BehaviourMetric } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type EvaluationTableParams = { readonly rows: readonly EvaluationTableRow[] };

export type EvaluationTableRow = Measured & {
  readonly metric: string;
  readonly kind: BehaviourMetric['kind'];
  /** Whether there is an input with its items. */
  readonly items: boolean;
};

/** What was measured: a model as it is, or the model that a projected update makes. Of the two names one is null. */
export type Measured = {
  readonly model: string | null;
  readonly update: string | null;
  readonly subspace: string | null;
  readonly seed: number | null;
  readonly mode: ProjectionMode | null;
  readonly side: ProjectionSide | null;
  readonly fraction: number | null;
};

/** `evaluation-table`: all scores of a workflow, and the items behind them. */
export const evaluationTable = defineStep<EvaluationTableParams>({
  kind: 'evaluation-table',
  revision: 3,
  usesDevice: false,
  inputs: {
    '<row>/scores': 'JSON: Scores',
    '<row>/items': 'JSON lines',
  },
  outputs: {
    'evaluation.csv': 'one line a model and metric',
    'items/<metric>.jsonl': 'the items of all models',
    'samples.csv?': 'with items of a whole model or a point: the first items of whole models',
  },
});
