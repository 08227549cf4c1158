import type { Measured } from '../report/tables/evaluation.js';
import type { OfTrainingSeed } from '../report/tables/training-seed.js';
import type { BehaviourMetric } from '../workflow/workflow.js';
import { defineStep } from './step.js';

export type { Measured };

export type EvaluationTableParams = { readonly rows: readonly EvaluationTableRow[] };

export type EvaluationTableRow = Measured &
  OfTrainingSeed & {
    readonly metric: string;
    readonly kind: BehaviourMetric['kind'];
    /** Whether there is an input with its items. */
    readonly items: boolean;
  };

/** `evaluation-table`: all scores of a workflow, and the items behind them. */
export const evaluationTable = defineStep<EvaluationTableParams>({
  kind: 'evaluation-table',
  revision: 7,
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
