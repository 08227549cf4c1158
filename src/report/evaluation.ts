import type { FigureInput } from './section.js';
import type { SeriesStyle } from './series-style.js';
import { groupBy, type Summary, summarize } from './statistics.js';
import { placeOf, type SweepAxis } from './sweep-axis.js';
import { type EvaluationRow, evaluationColumns, namedScore } from './tables/evaluation.js';
import { readResult } from './tables/result-rows.js';
import { type Averaged, averagedOverSeeds, overTrainingSeeds, type TrainingSpread } from './training-seeds.js';

/** A curve of a figure and a row of a table: one metric of all seeds of a projection, along one axis. */
export interface BehaviourCurve {
  readonly metric: string;
  readonly update: string;
  readonly subspace: string;
  readonly mode: string;
  readonly side: string;
  readonly axis: SweepAxis;
  /** Points by their place on the axis, ascending, also those where nothing valid was measured. */
  readonly points: readonly { readonly at: number; readonly seeds: readonly EvaluationRow[] }[];
}

/** What evaluation.csv holds, in the order in which it stands there. */
export interface Evaluation {
  /** Metrics themselves, without the named scores and groups that go with them. */
  readonly metrics: readonly string[];
  /** Names of the further scores of each metric, and of the groups of its items. */
  readonly parts: ReadonlyMap<string, { readonly scores: readonly string[]; readonly groups: readonly string[] }>;
  readonly curves: readonly BehaviourCurve[];
  /** Models as they are, by metric; of several training seeds the means. */
  readonly models: ReadonlyMap<string, readonly Averaged<EvaluationRow>[]>;
  /** Models whose term a sweep varies, by every metric. */
  readonly varied: readonly VariedModel[];
}

/** A score that has tables of its own: a metric's, or one of those with a name that go with it. */
export interface ScoreOfMetric {
  /** Name that rows of evaluation.csv have in the column metric. */
  readonly metric: string;
  /** What it is called in titles. */
  readonly called: string;
}

/** Names of scores in words, of those that are no words of the field. */
const scoreTexts: ReadonlyMap<string, string> = new Map([['share-of-5', 'share of the highest score, 5']]);

/** A metric's own score, and those with a name that go with it. */
export function scoresOf(
  metric: string,
  { parts }: Evaluation,
  style: SeriesStyle,
): [own: ScoreOfMetric, ...named: ScoreOfMetric[]] {
  const called = style.calledMetric(metric);
  const named = parts.get(metric)!.scores.map((name) => {
    return { metric: namedScore(metric, name), called: `${called}: ${scoreTexts.get(name) ?? name}` };
  });
  return [{ metric, called }, ...named];
}

export function readEvaluation(files: FigureInput['files']): Evaluation {
  const rows = readResult(files, 'evaluation.csv', evaluationColumns);
  const names = new Set(rows.map(({ metric }) => metric));
  const parts = [...names].map((text) => partOf(text, names));
  const projected = groupBy(
    rows.filter(({ update, fraction, rank }) => update !== '' && (fraction ?? rank) !== null),
    (row) => JSON.stringify([row.metric, row.update, row.subspace, row.mode, row.side, placeOf(row).axis.by]),
  );
  return {
    metrics: parts.flatMap(({ metric, kind }) => (kind === 'own' ? [metric] : [])),
    parts: new Map(
      [...groupBy(parts, ({ metric }) => metric)].map(([metric, of]) => {
        const namesOf = (wanted: Part['kind']) => of.flatMap(({ kind, name }) => (kind === wanted ? [name] : []));
        return [metric, { scores: namesOf('score'), groups: namesOf('group') }];
      }),
    ),
    curves: [...projected.values()].map(curveOf),
    models: groupBy(
      averaged(rows.filter(({ model, times }) => model !== '' && times === null)),
      ({ metric }) => metric,
    ),
    varied: [
      ...groupBy(averaged(rows.filter(({ times }) => times !== null)), ({ metric, model }) =>
        JSON.stringify([metric, model]),
      ).values(),
    ].map((points) => ({
      metric: points[0]!.metric,
      model: points[0]!.model,
      points: [...points].sort((a, b) => a.times! - b.times!),
    })),
  };
}

/** A combined model along the multiples of one of its terms, by one metric. */
export interface VariedModel {
  readonly metric: string;
  readonly model: string;
  /** Means over training seeds, where there are several. */
  readonly points: readonly Averaged<EvaluationRow>[];
}

/** What a row's metric says: a metric itself, `metric.score` or `metric/group`. */
interface Part {
  readonly metric: string;
  readonly kind: 'own' | 'score' | 'group';
  readonly name: string;
}

function partOf(text: string, metrics: ReadonlySet<string>): Part {
  const at = text.search(/[./]/);
  const metric = text.slice(0, at);
  if (at < 1 || !metrics.has(metric)) return { metric: text, kind: 'own', name: '' };
  return { metric, kind: text[at] === '.' ? 'score' : 'group', name: text.slice(at + 1) };
}

function curveOf(rows: readonly EvaluationRow[]): BehaviourCurve {
  const { metric, update, subspace, mode, side } = rows[0]!;
  const points = [...groupBy(rows, (row) => String(placeOf(row).at)).values()]
    .map((seeds) => ({ at: placeOf(seeds[0]!).at, seeds }))
    .sort((a, b) => a.at - b.at);
  return { metric, update, subspace, mode, side, axis: placeOf(rows[0]!).axis, points };
}

/** Rows of one thing that was measured with several training seeds, as one: means, also of the ends of intervals over items. */
export function averaged(rows: readonly EvaluationRow[]): Averaged<EvaluationRow>[] {
  return averagedOverSeeds(rows, ['value', 'ci_low', 'ci_high', 'stderr'], ['n', 'invalid']);
}

/** How the mean over a subspace's seeds differs between training seeds. */
export function trainingOf(seeds: readonly EvaluationRow[]): TrainingSpread | undefined {
  return overTrainingSeeds(seeds, (ofSeed) => overSeeds(ofSeed.map((row) => ({ ...row, training_seed: null })))?.mean);
}

/** Summary of the seeds that have a value, of means over training seeds; undefined when none has. */
export function overSeeds(seeds: readonly EvaluationRow[]): Summary | undefined {
  const values = averaged(seeds).flatMap(({ value }) => (value === null ? [] : [value]));
  return values.length > 0 ? summarize(values) : undefined;
}

/**
 * Around a value: from the lowest to the highest end of its seeds' confidence intervals, so that with seeds and without
 * it is the items whose chance is shown; with several training seeds the ends are means over them. Where a metric has no intervals: the lowest and the highest of several seeds.
 */
export function spreadOf(seeds: readonly EvaluationRow[]): { readonly low: number; readonly high: number } | undefined {
  const measured = averaged(seeds).filter(({ value }) => value !== null);
  const lows = measured.flatMap(({ ci_low: low }) => (low === null ? [] : [low]));
  const highs = measured.flatMap(({ ci_high: high }) => (high === null ? [] : [high]));
  if (lows.length > 0 && lows.length === measured.length && highs.length === measured.length) {
    return { low: Math.min(...lows), high: Math.max(...highs) };
  }
  if (measured.length < 2) return undefined;
  const { min, max } = overSeeds(measured)!;
  return { low: min, high: max };
}

/** Values that a metric can take at all, as far as its own values tell: a judge's scores, shares, or anything from 0 up. */
export function boundsOf(
  metric: string,
  { models, curves, varied, parts }: Evaluation,
): { least?: number; most?: number } {
  const all = [
    ...(models.get(metric) ?? []),
    ...curves.filter((curve) => curve.metric === metric).flatMap(({ points }) => points.flatMap(({ seeds }) => seeds)),
    ...varied.filter((one) => one.metric === metric).flatMap(({ points }) => points),
  ].flatMap(({ value, ci_low, ci_high }) => [value, ci_low, ci_high].filter((number) => number !== null));
  if (parts.get(metric)?.scores.includes('share-of-5')) return { least: 1, most: 5 };
  if (all.some((number) => number < 0)) return {};
  return all.every((number) => number <= 1) ? { least: 0, most: 1 } : { least: 0 };
}

/** The models beside an update: what its own update starts from (and so on), its start, and the model with all of it. */
export function modelsBeside(update: string, { params }: FigureInput): string[] {
  const own = params.updates.find(({ name }) => name === update);
  if (own === undefined) return [];
  const chain = [own.from];
  for (const model of chain) {
    for (const { from, to } of params.updates) if (to === model && !chain.includes(from)) chain.push(from);
  }
  return [...chain.reverse(), own.to];
}

/** Models in the order in which updates lead from one to the next; those that no update names come last. */
export function alongUpdates<T extends { readonly model: string }>(
  rows: readonly T[],
  { params: { updates } }: FigureInput,
): T[] {
  const depths = new Map(updates.map(({ from }) => [from, 0]));
  // As often as a chain can be long: updates may also lead back to where they came from.
  for (const _ of updates) {
    for (const { from, to } of updates) {
      depths.set(to, Math.min(updates.length, Math.max(depths.get(to) ?? 0, depths.get(from)! + 1)));
    }
  }
  const depthOf = ({ model }: T) => depths.get(model) ?? updates.length + 1;
  return [...rows].sort((a, b) => depthOf(a) - depthOf(b));
}
