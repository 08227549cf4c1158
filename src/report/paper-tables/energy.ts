import type { FigureInput } from '../section.js';
import { SeriesStyle } from '../series-style.js';
import { groupBy } from '../statistics.js';
import { placeOf, sweepAxes } from '../sweep-axis.js';
import { readTable } from '../tables/csv.js';
import { type EnergyRow, energyColumns } from '../tables/energy.js';
import { projectionName } from '../wording.js';
import { type PaperTable, paperNumber } from './paper-table.js';

/** Energy kept of each update in each subspace: a column a fraction, and a table of its own for ranks. */
export function energyTables({ files, params }: FigureInput): PaperTable[] {
  const style = new SeriesStyle(params.style);
  const rows = style.sorted(
    readTable(files.get('energy.csv')!, energyColumns),
    ({ update }) => update,
    ({ mode, side }) => `${mode} ${side}`,
    ({ subspace }) => subspace,
  );
  return sweepAxes.flatMap((axis): PaperTable[] => {
    const along = rows.filter((row) => placeOf(row).axis === axis);
    if (along.length === 0) return [];
    const places = [...new Set(along.map((row) => placeOf(row).at))].sort((a, b) => a - b);
    const series = groupBy(along, ({ update, mode, side, subspace }) => JSON.stringify([update, mode, side, subspace]));
    return [
      {
        name: axis.by === 'rank' ? 'energy-by-rank' : 'energy',
        title: `Energy kept${axis.suffix}: ratio of sums of squares over the whole model, mean and standard deviation over seeds`,
        labels: ['update', 'projection', 'subspace'],
        columns: places.map((at) => ({ label: String(at), over: axis.columns })),
        rows: [...series.values()].map((seeds) => ({
          labels: labelsOf(seeds[0]!, rows, style),
          group: JSON.stringify([seeds[0]!.update, seeds[0]!.mode, seeds[0]!.side]),
          numbers: places.map((at) =>
            paperNumber(seeds.filter((row) => placeOf(row).at === at).map(({ energy_kept }) => energy_kept)),
          ),
        })),
      },
    ];
  });
}

function labelsOf({ update, mode, side, subspace }: EnergyRow, all: readonly EnergyRow[], style: SeriesStyle) {
  return [style.called(update), projectionName({ mode, side }, all), style.called(subspace)];
}
