import { aboveNoise, type SpectrumMeasures, spectrumMeasures } from '../../linalg/spectrum.js';
import { SpectrumTable } from '../../report/tables/spectrum.js';
import type { SpectrumTableParams } from '../../steps/spectrum-table.js';
import type { StepContext } from '../step-context.js';
import { singularValues } from './basis-input.js';

export async function makeSpectrumTable(context: StepContext<SpectrumTableParams>): Promise<void> {
  const { rows } = context.params;
  const table = new SpectrumTable();
  for (const [index, row] of rows.entries()) {
    const blocks: { readonly s: Float64Array; readonly copies?: number }[] = [];
    for (const [at, { copies = 1 }] of row.tensors.entries()) {
      context.signal.throwIfAborted();
      blocks.push({ s: aboveNoise(await singularValues(context, `${index}/${at}`)), copies });
    }
    const ofTensors = blocks.map(({ s }) => columnsOf(spectrumMeasures([{ s }])));
    table.add(row, columnsOf(spectrumMeasures(blocks)), ofTensors);
    context.progress({ done: index + 1, total: rows.length, unit: 'rows' });
  }
  await context.write('spectrum.csv', new TextEncoder().encode(table.csv()));
}

function columnsOf(measures: SpectrumMeasures) {
  const { rank, effectiveRank, stableRank, participationRatio, frobeniusNorm, spectralNorm } = measures;
  return {
    rank,
    effective_rank: effectiveRank,
    stable_rank: stableRank,
    participation_ratio: participationRatio,
    frobenius_norm: frobeniusNorm,
    spectral_norm: spectralNorm,
  };
}
