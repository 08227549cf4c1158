import {
  type BehaviourCurve,
  type Evaluation,
  modelsBeside,
  overSeeds,
  type ScoreOfMetric,
  scoresOf,
  spreadOf,
  trainingOf,
} from '../evaluation.js';
import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { sweepAxes } from '../sweep-axis.js';
import { projectionName } from '../wording.js';
import { groupTables } from './behaviour-groups.js';
import { timesTables } from './behaviour-times.js';
import { intervalsText } from './intervals-text.js';
import { bestNumber, modelsByScore, wholeNumber } from './models.js';
import { deviationText, numberOver, type PaperNumber, type PaperTable, withRange } from './paper-table.js';

/**
 * Tables of what models do: of each metric, of each of its named scores, of the groups of its items, and along the multiples of a
 * term.
 */
export function behaviourTables(evaluation: Evaluation, input: FigureInput): PaperTable[] {
  const style = new SeriesStyle(input.params.style);
  const metrics = style.sorted(evaluation.metrics, (metric) => metric);
  const tables = metrics.flatMap((metric) => [
    ...scoresOf(metric, evaluation, style).flatMap((score) => [
      ...sweepTables(score, evaluation, input),
      ...modelsByScore(score, evaluation, input),
    ]),
    ...groupTables(metric, evaluation, input),
    ...timesTables(metric, evaluation, input),
  ]);
  return withOwnNames(tables);
}

/** A file for each: a metric may be called as another one's table is, `utility-by-rank`. The later one gets a number. */
function withOwnNames(tables: readonly PaperTable[]): PaperTable[] {
  const taken = new Set<string>();
  return tables.map((table) => {
    let { name } = table;
    for (let count = 2; taken.has(name); count++) name = `${table.name}-${count}`;
    taken.add(name);
    return { ...table, name };
  });
}

/**
 * The model that the update starts from, the projected updates, and the model with all of it. Each of the whole models has a column
 * of its own; none stands under a fraction.
 */
function sweepTables({ metric, called }: ScoreOfMetric, evaluation: Evaluation, input: FigureInput): PaperTable[] {
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
        ...places.map((at) => projectedNumber(curve, at)),
        numberOf(ends[index]!.to, metric, evaluation),
      ],
    }));
    const measured = [
      ...(evaluation.models.get(metric) ?? []),
      ...curves.flatMap(({ points }) => points.flatMap(({ seeds }) => seeds)),
    ];
    return [
      {
        name: `behaviour-${metric}${axis.by === 'rank' ? '-by-rank' : ''}`,
        title: `${called}${axis.suffix}: ${deviationText(rows, 'seeds of the subspace')}; ${intervalsText(measured, rows)}`,
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

/** A projection at one place of its axis: the mean over seeds, with the interval over items, as the page has it. */
function projectedNumber({ points }: BehaviourCurve, at: number): PaperNumber | null {
  const seeds = points.find((point) => point.at === at)?.seeds ?? [];
  return withRange(numberOver(overSeeds(seeds), trainingOf(seeds)), spreadOf(seeds));
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

function numberOf(model: string | undefined, metric: string, { models }: Evaluation): PaperNumber | null {
  return wholeNumber(models.get(metric)?.find((one) => one.model === model));
}
