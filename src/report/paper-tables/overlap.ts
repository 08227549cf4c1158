import { energiesOf, type PairCurve } from '../overlap-curves.js';
import { deviationText, numberOver, type PaperRow, type PaperTable } from './paper-table.js';

/** What tables of an overlap say of what was measured. */
interface OverlapTable {
  readonly name: string;
  readonly subject: string;
  /** What means are over: `tensors`. */
  readonly units: string;
  /** Heads of the columns that name a curve. */
  readonly labels: readonly string[];
}

/**
 * The overlap of each curve and what chance gives, one below the other: a column an energy.
 * @param labelsOf what names a curve, a text a head
 */
export function overlapTables<Curve extends PairCurve>(
  { name, subject, units, labels }: OverlapTable,
  curves: readonly Curve[],
  labelsOf: (curve: Curve) => readonly string[],
): PaperTable[] {
  const energies = energiesOf(curves);
  if (energies.length === 0) return [];
  const rows = curves.flatMap((curve, index): PaperRow[] => {
    const found = energies.map((energy) => curve.points.find((point) => point.energy === energy));
    const group = String(index);
    const own = found.map((point) => numberOver(point?.overlap, point?.training));
    const chance = found.map((point) => (point === undefined ? null : { mean: point.baseline, deviation: null }));
    return [
      { labels: [...labelsOf(curve), 'overlap'], group, numbers: own },
      { labels: [...labelsOf(curve), 'by chance'], group, numbers: chance },
    ];
  });
  const title = `${subject}: ${deviationText(rows, units)}, and the mean by chance`;
  const columns = energies.map((energy) => ({ label: String(energy), over: 'energy η' }));
  return [{ name, title, labels: [...labels, ''], columns, rows }];
}
