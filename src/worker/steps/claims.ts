import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Behaviour, ModelEnergy } from '../../eval/behaviour.js';
import { judgeClaim } from '../../eval/claims.js';
import type { TensorEnergy } from '../../eval/energy-claim.js';
import type { OverlapPoint } from '../../eval/overlap-claims.js';
import { scoreBounds } from '../../eval/score-bounds.js';
import { ClaimsTable } from '../../report/tables/claims.js';
import { readCsv } from '../../report/tables/csv.js';
import type { ClaimsParams } from '../../steps/claims.js';
import type { Scores } from '../../steps/scores.js';
import type { StepContext } from '../step-context.js';

export async function judgeClaims(context: StepContext<ClaimsParams>): Promise<void> {
  const { claims, rows } = context.params;
  const energy = modelEnergies(await tableText(context, 'energy.csv'));
  const tensorEnergy = tensorEnergies(await tableText(context, 'energy-by-tensor.csv'));
  const updates = updateOverlaps(await tableText(context, 'overlap.csv'));
  const activations = await tableText(context, 'activations.csv');
  const behaviour: Behaviour[] = [];
  for (const [index, row] of rows.entries()) {
    const bytes = await context.read(context.input(`${index}/scores`));
    const scores = JSON.parse(new TextDecoder().decode(bytes)) as Scores;
    behaviour.push({ ...row, ...scores, bounds: scoreBounds[row.kind] });
  }
  const table = new ClaimsTable();
  for (const [index, { name, claim, activations: metric }] of claims.entries()) {
    context.signal.throwIfAborted();
    const overlap = metric === null ? updates : activationOverlaps(activations, metric);
    const findings = judgeClaim(claim, { energy, tensorEnergy, overlap, behaviour });
    table.add(name, claim.kind, await withBreaks(findings, context.signal));
    context.progress({ done: index + 1, total: claims.length, unit: 'claims' });
  }
  await context.write('claims.csv', new TextEncoder().encode(table.csv()));
}

const breakMilliseconds = 200;

/** Claims of large sweeps take minutes: the worker must give signs of life meanwhile, and stop when it is told to. */
async function withBreaks<T>(work: Generator<undefined, T>, signal: AbortSignal): Promise<T> {
  let last = performance.now();
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - last < breakMilliseconds) continue;
    await nextTurn();
    signal.throwIfAborted();
    last = performance.now();
  }
}

async function tableText(context: StepContext, file: string): Promise<string | undefined> {
  return context.has(file) ? new TextDecoder().decode(await context.read(context.input(file))) : undefined;
}

const series = ['update', 'subspace', 'mode', 'side'] as const;

function modelEnergies(csv: string | undefined): ModelEnergy[] {
  if (csv === undefined) return [];
  return readCsv(csv, { text: series, numbers: ['seed', 'fraction', 'energy_kept'] }).map((row) => ({
    ...row,
    fraction: row.fraction!,
    kept: row.energy_kept,
  }));
}

function tensorEnergies(csv: string | undefined): TensorEnergy[] {
  if (csv === undefined) return [];
  const numbers = ['seed', 'fraction', 'energy_kept', 'rank', 'rank_max'] as const;
  return readCsv(csv, { text: [...series, 'tensor'], numbers }).map((row) => ({
    ...row,
    fraction: row.fraction!,
    kept: row.energy_kept,
    rankMax: row.rank_max!,
  }));
}

function updateOverlaps(csv: string | undefined): OverlapPoint[] {
  if (csv === undefined) return [];
  const rows = readCsv(csv, { text: ['pair', 'tensor'], numbers: ['energy', 'overlap', 'baseline'] });
  return rows.map((row) => ({ ...row, model: null, unit: row.tensor, energy: row.energy! }));
}

/** Of the layers in the metric's window. */
function activationOverlaps(csv: string | undefined, metric: string): OverlapPoint[] {
  if (csv === undefined) return [];
  const text = ['model', 'pair', 'layer', 'metric'] as const;
  return readCsv(csv, { text, numbers: ['energy', 'overlap', 'baseline', 'in_window'] })
    .filter((row) => row.metric === metric && row.in_window === 1)
    .map((row) => ({ ...row, unit: row.layer, energy: row.energy! }));
}
