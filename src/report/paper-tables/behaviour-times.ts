import type { Evaluation } from '../evaluation.js';
import type { FigureInput, ShownParams } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { intervalsText } from './intervals-text.js';
import { bestNumber, wholeNumber } from './models.js';
import { type PaperTable, trainingText } from './paper-table.js';

/** Combined models along the multiples of one of their terms: a row a model, a column a multiple. */
export function timesTables(metric: string, { varied }: Evaluation, input: FigureInput): PaperTable[] {
  const curves = varied.filter((one) => one.metric === metric);
  if (curves.length === 0) return [];
  const style = new SeriesStyle(input.params.style);
  const measured = curves.flatMap(({ points }) => points);
  const places = [...new Set(measured.map(({ times }) => times!))].sort((a, b) => a - b);
  const rows = curves.map(({ model, points }) => ({
    labels: [style.called(model), termText(model, input.params)],
    group: '',
    numbers: places.map((at) => wholeNumber(points.find(({ times }) => times === at))),
  }));
  const best = bestNumber(metric, input.params);
  return [
    {
      name: `behaviour-${metric}-by-times`,
      title: `${style.calledMetric(metric)}, by times: ${intervalsText(measured, rows)}${trainingText(rows)}`,
      labels: ['model', 'what it is'],
      columns: places.map((at) => ({ label: String(at), over: 'times t', ...best })),
      rows,
    },
  ];
}

/** What a combined model is, with the term that a sweep varies: `tuned + t · safety`. */
export function termText(model: string, { varied }: ShownParams): string {
  return varied?.find((one) => one.model === model)?.text ?? '';
}
