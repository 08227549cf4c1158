import { decodeRows, encodeRows, type Row } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import { bootstrap } from '../../eval/bootstrap.js';
import { EvaluationTable, type MeasuredMean, topScoreMetric } from '../../report/evaluation-table.js';
import { type SampledItem, SamplesTable } from '../../report/samples-table.js';
import type { EvaluationTableParams, EvaluationTableRow, Scores } from '../eval-params.js';
import type { ArtifactWriter, StepContext } from '../step.js';

export async function makeEvaluationTable(context: StepContext): Promise<void> {
  const { seed, rows } = context.params as EvaluationTableParams;
  const table = new EvaluationTable();
  const samples = new SamplesTable();
  const itemWriters = new Map<string, ArtifactWriter>();
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    const scores = JSON.parse(await readText(context, `${index}/scores`)) as Scores;
    // One stream a metric: all models are measured on the same draws.
    const options = { seed, stream: `evaluation/${row.metric}` };
    table.add(row, meanOf(scores, options));
    if (row.kind === 'judge') {
      const top = scores.values.map((score) => (score === null ? null : Number(score === 5)));
      table.add({ ...row, metric: topScoreMetric(row.metric) }, meanOf({ values: top }, options));
    }
    if (row.items) {
      const items = await appendItems(context, index, row, itemWriters);
      if (row.model !== null) samples.add(row.metric, row.model, items.map(sampleOf));
    }
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  for (const writer of itemWriters.values()) await writer.close();
  if (itemWriters.size > 0) await context.write('samples.csv', new TextEncoder().encode(samples.csv()));
  await context.write('evaluation.csv', new TextEncoder().encode(table.csv()));
}

/** Weighted mean of the valid scores, with its bootstrap interval over items. */
function meanOf(
  { values, weights }: Scores,
  options: { readonly seed: number; readonly stream: string },
): MeasuredMean {
  if (weights !== undefined && weights.length !== values.length) {
    throw new DataError(`${weights.length} weights of ${values.length} scores`);
  }
  const valid = values.flatMap((value, item) => (value === null ? [] : [{ value, weight: weights?.[item] ?? 1 }]));
  const invalid = values.length - valid.length;
  if (valid.length === 0) return { value: null, low: null, high: null, n: 0, invalid };
  const summed = Float64Array.from(valid, ({ value, weight }) => value * weight);
  const weighed = Float64Array.from(valid, ({ weight }) => weight);
  const estimate = bootstrap(
    [valid.length],
    ([drawn]) => {
      let sum = 0;
      let weight = 0;
      for (const item of drawn!) {
        sum += summed[item]!;
        weight += weighed[item]!;
      }
      return sum / weight;
    },
    options,
  );
  return { ...estimate, value: Number.isFinite(estimate.value) ? estimate.value : null, invalid };
}

/** Items of all models stand in one file a metric, each with what it is of. */
async function appendItems(
  context: StepContext,
  index: number,
  row: EvaluationTableRow,
  writers: Map<string, ArtifactWriter>,
): Promise<readonly Row[]> {
  const { metric, model, update, subspace, seed, mode, side, fraction } = row;
  const writer = writers.get(metric) ?? (await context.writer(`items/${metric}.jsonl`));
  writers.set(metric, writer);
  const of =
    model === null ? { update, subspace, ...(seed === null ? {} : { seed }), mode, side, fraction } : { model };
  const items = decodeRows(await context.read(context.input(`${index}/items`)));
  await writer.append(encodeRows(items.map((item, at) => ({ item: at, of, ...item }))));
  return items;
}

function sampleOf({ prompt, response, score }: Row): SampledItem {
  return { prompt: String(prompt), response: String(response), score: typeof score === 'number' ? score : null };
}

async function readText(context: StepContext, input: string): Promise<string> {
  return new TextDecoder().decode(await context.read(context.input(input)));
}
