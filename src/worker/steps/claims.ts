import { setImmediate as nextTurn } from 'node:timers/promises';
import { DataError } from '../../diagnostics/errors.js';
import type { Behaviour } from '../../eval/behaviour.js';
import type { MeasuredOverlap } from '../../eval/claims/kind.js';
import { judgeClaim } from '../../eval/claims/registry.js';
import { activationColumns } from '../../report/tables/activations.js';
import { ClaimsTable } from '../../report/tables/claims.js';
import { readTable } from '../../report/tables/csv.js';
import { energyColumns, tensorEnergyColumns } from '../../report/tables/energy.js';
import { overlapColumns } from '../../report/tables/overlap.js';
import type { ClaimsParams } from '../../steps/claims.js';
import type { StepContext } from '../step-context.js';
import { readScores } from './scores-input.js';

export async function judgeClaims(context: StepContext<ClaimsParams>): Promise<void> {
  const { claims, rows } = context.params;
  const energyCsv = await tableText(context, 'energy.csv');
  const tensorEnergyCsv = await tableText(context, 'energy-by-tensor.csv');
  const energy = energyCsv === undefined ? [] : readTable(energyCsv, energyColumns);
  const tensorEnergy = tensorEnergyCsv === undefined ? [] : readTable(tensorEnergyCsv, tensorEnergyColumns);
  const updates = updateOverlaps(await tableText(context, 'overlap.csv'));
  const activations = await tableText(context, 'activations.csv');
  const behaviour: Behaviour[] = [];
  for (const [index, row] of rows.entries()) {
    const { own, named } = await readScores(context, `${index}/scores`, row.kind);
    const scores = row.score === undefined ? own : named.get(row.score);
    if (scores === undefined) throw new DataError(`${row.metric}: there is no score of the name ${row.score}`);
    behaviour.push({ ...row, training_seed: row.trainingSeed ?? null, ...scores });
  }
  const table = new ClaimsTable();
  for (const [index, { name, claim, activations: metric, families }] of claims.entries()) {
    context.signal.throwIfAborted();
    const overlap = metric === null ? updates : activationOverlaps(activations, metric);
    const findings = judgeClaim(claim, { energy, tensorEnergy, overlap, behaviour }, families);
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

function updateOverlaps(csv: string | undefined): MeasuredOverlap[] {
  if (csv === undefined) return [];
  return readTable(csv, overlapColumns).map((row) => ({ ...row, model: null, unit: row.tensor }));
}

/** Overlaps of the layers in the metric's window. */
function activationOverlaps(csv: string | undefined, metric: string): MeasuredOverlap[] {
  if (csv === undefined) return [];
  return readTable(csv, activationColumns)
    .filter((row) => row.metric === metric && row.in_window === 1)
    .map((row) => ({ ...row, unit: String(row.layer) }));
}
