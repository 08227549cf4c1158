import { along, axesOf, type EnergySeries, placesOf } from '../energy-series.js';
import type { SeriesStyle } from '../series-style.js';
import { projectionName } from '../wording.js';
import { deviationText, numberOver, type PaperTable } from './paper-table.js';

/** Energy kept of each update in each subspace: a column a fraction, and a table of its own for ranks. */
export function energyTables(all: readonly EnergySeries[], style: SeriesStyle): PaperTable[] {
  return axesOf(all).map((axis): PaperTable => {
    const series = along(axis, all);
    const places = placesOf(series);
    const rows = series.map(({ update, mode, side, subspace, points }) => ({
      labels: [style.called(update), projectionName({ mode, side }, all), style.called(subspace)],
      group: JSON.stringify([update, mode, side]),
      numbers: places.map((at) => {
        const point = points.find((one) => one.at === at);
        return numberOver(point?.kept, point?.training);
      }),
    }));
    return {
      name: axis.by === 'rank' ? 'energy-by-rank' : 'energy',
      title: `Energy kept${axis.suffix}: ratio of sums of squares over the whole model, ${deviationText(rows, 'seeds of the subspace')}`,
      labels: ['update', 'projection', 'subspace'],
      columns: places.map((at) => ({ label: String(at), over: axis.columns })),
      rows,
    };
  });
}
