import { decodeRows, encodeRows, type Row } from '../../data/row.js';
import { meanInterval } from '../../eval/mean-interval.js';
import { EvaluationTable, type MeasuredMean, namedScore, scoreOfGroup } from '../../report/tables/evaluation.js';
import { type SampledItem, SamplesTable } from '../../report/tables/samples.js';
import type { EvaluationTableParams, EvaluationTableRow } from '../../steps/evaluation-table.js';
import type { NamedScores } from '../../steps/scores.js';
import type { ArtifactWriter, StepContext } from '../step-context.js';
import { readScores } from './scores-input.js';

export async function makeEvaluationTable(context: StepContext<EvaluationTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new EvaluationTable();
  const samples = new SamplesTable();
  const itemWriters = new Map<string, ArtifactWriter>();
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    const { own, named, groups } = await readScores(context, `${index}/scores`, row.kind);
    table.add(row, meanOf(own));
    for (const [name, scores] of named) table.add({ ...row, metric: namedScore(row.metric, name) }, meanOf(scores));
    for (const [name, scores] of groups) table.add({ ...row, metric: scoreOfGroup(row.metric, name) }, meanOf(scores));
    if (row.items) {
      const items = await appendItems(context, index, row, itemWriters);
      if (row.model !== null && row.times === undefined) samples.add({ ...row, model: row.model }, items.map(sampleOf));
    }
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  for (const writer of itemWriters.values()) await writer.close();
  if (itemWriters.size > 0) await context.write('samples.csv', new TextEncoder().encode(samples.csv()));
  await context.write('evaluation.csv', new TextEncoder().encode(table.csv()));
}

/** Weighted mean of the valid scores, with its interval of 95 % over items; without one where nothing bounds a score. */
function meanOf({ values, weights, bounds, mean }: NamedScores): MeasuredMean {
  let [sum, weight] = [0, 0];
  for (const [item, value] of values.entries()) {
    if (value === null) continue;
    sum += value * (weights?.[item] ?? 1);
    weight += weights?.[item] ?? 1;
  }
  const valid = values.filter((value) => value !== null);
  const isPlain = weights === undefined && mean === undefined;
  const counted = {
    n: valid.length,
    invalid: values.length - valid.length,
    standardError: isPlain ? standardErrorOf(valid) : null,
  };
  const level = mean === 'exponential' ? Math.exp(sum / weight) : sum / weight;
  const value = Number.isFinite(level) ? level : null;
  if (valid.length === 0 || bounds === null) return { value, low: null, high: null, ...counted };
  return { value, ...meanInterval(valid, bounds, 0.025), ...counted };
}

/** Standard error of a plain mean, as lm-evaluation-harness gives it; null of fewer than two values. */
function standardErrorOf(values: readonly number[]): number | null {
  const n = values.length;
  if (n < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (n - 1) / n);
}

/** Items of all models stand in one file a metric, each with what it is of. */
async function appendItems(
  context: StepContext,
  index: number,
  row: EvaluationTableRow,
  writers: Map<string, ArtifactWriter>,
): Promise<readonly Row[]> {
  const { metric, model, update, subspace, seed, mode, side, fraction, rank, times, trainingSeed } = row;
  const writer = writers.get(metric) ?? (await context.writer(`items/${metric}.jsonl`));
  writers.set(metric, writer);
  const extent = rank === undefined ? { fraction } : { rank };
  const of =
    model === null
      ? { update, subspace, ...(seed === null ? {} : { seed }), mode, side, ...extent }
      : { model, ...(times === undefined ? {} : { times }) };
  const ofSeed = trainingSeed === undefined ? {} : { training_seed: trainingSeed };
  const items = decodeRows(await context.read(context.input(`${index}/items`)));
  await writer.append(encodeRows(items.map((item, at) => ({ item: at, of: { ...of, ...ofSeed }, ...item }))));
  return items;
}

function sampleOf({ prompt, response, score }: Row): SampledItem {
  return { prompt: String(prompt), response: String(response), score: typeof score === 'number' ? score : null };
}
