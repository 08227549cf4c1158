import { alongUpdates, type Evaluation, type ScoreOfMetric, spreadOf } from '../evaluation.js';
import type { FigureInput, ShownParams } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import type { EvaluationRow } from '../tables/evaluation.js';
import type { Averaged } from '../training-seeds.js';
import { intervalsText } from './intervals-text.js';
import {
  numberOver,
  type PaperColumn,
  type PaperNumber,
  type PaperTable,
  plainNumber,
  trainingText,
  withRange,
} from './paper-table.js';

/** Whole models side by side: a row a model, a column a metric. */
export function modelTables({ metrics: all, models }: Evaluation, input: FigureInput): PaperTable[] {
  const style = new SeriesStyle(input.params.style);
  const metrics = style.sorted(
    all.filter((metric) => models.has(metric)),
    (metric) => metric,
  );
  const measured = metrics.flatMap((metric) => alongUpdates(models.get(metric)!, input).map(({ model }) => model));
  const names = style.sorted([...new Set(measured)], (name) => name);
  if (names.length === 0) return [];
  const rows = names.map((name) => ({
    labels: [style.called(name)],
    group: '',
    numbers: metrics.map((metric) => wholeNumber(models.get(metric)!.find(({ model }) => model === name))),
  }));
  const columns = metrics.map((metric) => ({ label: style.calledMetric(metric) }));
  const title = `Whole models side by side, with 95 % intervals over the items of metrics that have them${trainingText(rows)}`;
  return [{ name: 'models', title, labels: ['model'], columns, rows }];
}

/** All whole models by a score, with how many items have no verdict. */
export function modelsByScore(
  { metric, called }: ScoreOfMetric,
  { models }: Evaluation,
  input: FigureInput,
): PaperTable[] {
  const style = new SeriesStyle(input.params.style);
  const measured = alongUpdates(models.get(metric) ?? [], input);
  if (measured.length === 0) return [];
  const rows = measured.map((row) => ({
    labels: [style.called(row.model)],
    group: '',
    numbers: [wholeNumber(row), plainNumber(row.invalid), plainNumber(row.n + row.invalid)],
  }));
  const table: PaperTable = {
    name: `models-${metric}`,
    title: `${called} of whole models: ${intervalsText(measured, rows)}; and how many items have no verdict${trainingText(rows)}`,
    labels: ['model'],
    columns: [
      { label: 'value', ...bestNumber(metric, input.params) },
      { label: 'invalid', over: 'items', notation: 'count' },
      { label: 'of', over: 'items', notation: 'count' },
    ],
    rows,
  };
  return [table];
}

/** What columns of a metric say of the number that is set in bold, as the workflow asks for it. */
export function bestNumber(metric: string, { style }: ShownParams): Pick<PaperColumn, 'best'> {
  const best = style?.best?.[metric];
  return best === undefined ? {} : { best };
}

/** A whole model, over all its training seeds, with the interval over its items; null where nothing valid was measured. */
export function wholeNumber(row: Averaged<EvaluationRow> | undefined): PaperNumber | null {
  if (row === undefined || row.value === null) return null;
  return withRange(numberOver({ mean: row.value, sd: null }, row.training), spreadOf([row]));
}
