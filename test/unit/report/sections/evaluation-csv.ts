import { writeTable } from '../../../../src/report/tables/csv.js';
import { type EvaluationRow, evaluationColumns } from '../../../../src/report/tables/evaluation.js';

export type Row = Partial<EvaluationRow>;

/** evaluation.csv of rows of which only what matters to a test is told. */
export function evaluationFile(...rows: readonly Row[]): { readonly 'evaluation.csv': string } {
  const empty = {
    model: '',
    update: '',
    subspace: '',
    seed: null,
    mode: '',
    side: '',
    fraction: null,
    rank: null,
    times: null,
  };
  const measured = { metric: 'utility', value: null, ci_low: null, ci_high: null, n: 10, invalid: 0, stderr: null };
  return {
    'evaluation.csv': writeTable(
      evaluationColumns,
      rows.map((row) => ({ ...empty, ...measured, ...row })),
    ),
  };
}

/** A point of a sweep. */
export function point(
  value: number | null,
  { rank = null, fraction = rank === null ? 0.5 : null, metric = 'utility', ...rest }: Row = {},
): Row {
  const of = { update: 'useful', subspace: 'top-k', mode: 'parallel', side: 'right' };
  return { ...of, rank, fraction, metric, value, ...rest };
}

/** What `report` is told of updates. */
export const updates = [
  { name: 'alignment', from: 'base', to: 'aligned' },
  { name: 'useful', from: 'aligned', to: 'tuned' },
];
