import { type Evaluation, modelsBeside, overSeeds, trainingOf } from '../evaluation.js';
import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { sweepAxes } from '../sweep-axis.js';
import { projectionName } from '../wording.js';
import { bestNumber, modelsByMetric } from './models.js';
import { deviationText, numberOver, type PaperNumber, type PaperTable } from './paper-table.js';

/**
 * A table a metric in the layout of the paper's: the model that the update starts from, the projected updates, and the model
 * with all of the update. Each of the whole models has a column of its own; none stands under a fraction. Of a metric that no
 * projection was measured by, the whole models.
 */
export function behaviourTables(evaluation: Evaluation, input: FigureInput): PaperTable[] {
  const style = new SeriesStyle(input.params.style);
  const metrics = style.sorted(evaluation.metrics, (metric) => metric);
  return metrics.flatMap((metric) => {
    const along = sweepTables(metric, evaluation, input);
    if (along.length > 0) return along;
    const whole = modelsByMetric(metric, evaluation, input);
    return whole === undefined ? [] : [{ name: `models-${metric}`, ...whole }];
  });
}

function sweepTables(metric: string, evaluation: Evaluation, input: FigureInput): PaperTable[] {
  const style = new SeriesStyle(input.params.style);
  return sweepAxes.flatMap((axis): PaperTable[] => {
    const curves = style.sorted(
      evaluation.curves.filter((curve) => curve.metric === metric && curve.axis === axis),
      ({ update }) => update,
      ({ mode, side }) => `${mode} ${side}`,
      ({ subspace }) => subspace,
    );
    if (curves.length === 0) return [];
    const places = [...new Set(curves.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
    const ends = curves.map(({ update }) => endsOf(update, input));
    const best = bestNumber(metric, input.params);
    const heads = {
      before: headOf(ends.map(({ from }) => from), 'before', style), // biome-ignore format: one line
      after: headOf(ends.map(({ to }) => to), 'whole update', style), // biome-ignore format: one line
    };
    const rows = curves.map((curve, index) => ({
      labels: [style.called(curve.update), projectionName(curve, curves), style.called(curve.subspace)],
      group: JSON.stringify([curve.update, curve.mode, curve.side]),
      numbers: [
        numberOf(ends[index]!.from, metric, evaluation),
        ...places.map((at) => {
          const seeds = curve.points.find((point) => point.at === at)?.seeds ?? [];
          return numberOver(overSeeds(seeds), trainingOf(seeds));
        }),
        numberOf(ends[index]!.to, metric, evaluation),
      ],
    }));
    return [
      {
        name: `behaviour-${metric}${axis.by === 'rank' ? '-by-rank' : ''}`,
        title: `${style.calledMetric(metric)}${axis.suffix}: ${deviationText(rows, 'seeds of the subspace')}`,
        labels: ['update', 'projection', 'subspace'],
        columns: [
          { label: heads.before, ...best },
          ...places.map((at) => ({ label: String(at), over: axis.columns, ...best })),
          { label: heads.after, ...best },
        ],
        rows,
      },
    ];
  });
}

function endsOf(
  update: string,
  input: FigureInput,
): { readonly from: string | undefined; readonly to: string | undefined } {
  const models = modelsBeside(update, input);
  return { from: models.at(-2), to: models.at(-1) };
}

/** The model's name where all rows have the same, or else what it is. */
function headOf(models: readonly (string | undefined)[], otherwise: string, style: SeriesStyle): string {
  const [first] = models;
  return first !== undefined && models.every((model) => model === first) ? style.called(first) : otherwise;
}

/** A whole model, over all its training seeds. */
function numberOf(model: string | undefined, metric: string, { models }: Evaluation): PaperNumber | null {
  const row = models.get(metric)?.find((one) => one.model === model);
  return row === undefined || row.value === null ? null : numberOver({ mean: row.value, sd: null }, row.training);
}
