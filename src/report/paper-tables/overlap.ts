import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { activationColumns } from '../tables/activations.js';
import { readTable } from '../tables/csv.js';
import { overlapColumns } from '../tables/overlap.js';
import { type PaperTable, paperNumber } from './paper-table.js';

/** What a row of an overlap is, in both tables. */
interface Overlap {
  readonly labels: readonly string[];
  readonly energy: number;
  readonly overlap: number | null;
  readonly baseline: number | null;
}

/** Overlap of pairs of updates: mean and standard deviation over tensors, and what chance gives. */
export function overlapTables({ files, params }: FigureInput): PaperTable[] {
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(readTable(files.get('overlap.csv')!, overlapColumns), ({ pair }) => pair);
  const overlaps = rows.map((row) => ({ ...row, labels: [style.calledPair(row.pair)] }));
  const title = 'Mode subspace overlap: mean and standard deviation over tensors, and the mean by chance';
  return tablesOf('overlap', title, ['pair'], overlaps);
}

/** Overlap of activations: over the layers of the window. */
export function activationTables({ files, params }: FigureInput): PaperTable[] {
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(
    readTable(files.get('activations.csv')!, activationColumns).filter(({ in_window }) => in_window === 1),
    ({ metric }) => metric,
    ({ model }) => model,
    ({ pair }) => pair,
  );
  const overlaps = rows.map((row) => ({
    ...row,
    labels: [style.calledMetric(row.metric), style.called(row.model), style.calledPair(row.pair)],
  }));
  const title =
    'Overlap of activations: mean and standard deviation over the layers of the window, and the mean by chance';
  return tablesOf('activations', title, ['metric', 'model', 'pair'], overlaps);
}

function tablesOf(name: string, title: string, labels: readonly string[], overlaps: readonly Overlap[]): PaperTable[] {
  const energies = [...new Set(overlaps.map(({ energy }) => energy))].sort((a, b) => a - b);
  if (energies.length === 0) return [];
  const rows = [...groupBy(overlaps, (row) => JSON.stringify(row.labels))].flatMap(([key, group]) => {
    const at = (energy: number) => group.filter((row) => row.energy === energy && row.overlap !== null);
    const own = energies.map((energy) => paperNumber(at(energy).map(({ overlap }) => overlap)));
    const chance = energies.map((energy) => {
      const number = paperNumber(at(energy).map(({ baseline }) => baseline));
      return number && { ...number, deviation: null };
    });
    return [
      { labels: [...group[0]!.labels, 'overlap'], group: key, numbers: own },
      { labels: [...group[0]!.labels, 'by chance'], group: key, numbers: chance },
    ];
  });
  const columns = energies.map((energy) => ({ label: String(energy), over: 'energy η' }));
  return [{ name, title, labels: [...labels, ''], columns, rows }];
}
