import { decodeRows, encodeRows, type Row } from '../../data/row.js';
import { DataError } from '../../diagnostics/errors.js';
import { type Bounds, meanInterval } from '../../eval/mean-interval.js';
import { scoreKinds } from '../../eval/score-kinds.js';
import { EvaluationTable, type MeasuredMean, topScoreMetric } from '../../report/tables/evaluation.js';
import { type SampledItem, SamplesTable } from '../../report/tables/samples.js';
import type { EvaluationTableParams, EvaluationTableRow } from '../../steps/evaluation-table.js';
import type { Scores } from '../../steps/scores.js';
import type { ArtifactWriter, StepContext } from '../step-context.js';

export async function makeEvaluationTable(context: StepContext<EvaluationTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new EvaluationTable();
  const samples = new SamplesTable();
  const itemWriters = new Map<string, ArtifactWriter>();
  for (const [index, row] of rows.entries()) {
    context.signal.throwIfAborted();
    const scores = JSON.parse(await readText(context, `${index}/scores`)) as Scores;
    const { bounds, top: topScore } = scoreKinds[row.kind];
    table.add(row, meanOf(scores, bounds));
    if (topScore !== undefined) {
      const top = scores.values.map((score) => (score === null ? null : Number(score === topScore)));
      table.add({ ...row, metric: topScoreMetric(row.metric) }, meanOf({ values: top }, [0, 1]));
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

/** Weighted mean of the valid scores, with its interval of 95 % over items; without one where nothing bounds a score. */
function meanOf({ values, weights }: Scores, bounds: Bounds | null): MeasuredMean {
  if (weights !== undefined && weights.length !== values.length) {
    throw new DataError(`${weights.length} weights of ${values.length} scores`);
  }
  let [sum, weight] = [0, 0];
  for (const [item, value] of values.entries()) {
    if (value === null) continue;
    sum += value * (weights?.[item] ?? 1);
    weight += weights?.[item] ?? 1;
  }
  const valid = values.filter((value) => value !== null);
  const counted = { n: valid.length, invalid: values.length - valid.length };
  const value = Number.isFinite(sum / weight) ? sum / weight : null;
  if (valid.length === 0 || bounds === null) return { value, low: null, high: null, ...counted };
  return { value, ...meanInterval(valid, bounds, 0.025), ...counted };
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
