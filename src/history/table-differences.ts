import { identityOf } from './run-scores.js';
import { differenceOf } from './score-difference.js';

/** A row of a table of results. */
export type Cells = Readonly<Record<string, string>>;

/** One number of a table that two runs do not have in common. */
export interface ValueDifference {
  readonly table: string;
  /** The row's columns that say what it is of. */
  readonly of: Cells;
  readonly column: string;
  /** null: empty, or the run has no such row. */
  readonly before: number | null;
  readonly after: number | null;
  readonly difference: number | null;
}

/** Columns of a table that are measured, and those that only come with them; all others say what a row is of. */
interface Measured {
  readonly values: readonly string[];
  readonly besides: readonly string[];
}

/** Tables whose numbers are compared, beside evaluation.csv, which has intervals, and claims.csv, which has verdicts. */
const tables: Readonly<Record<string, Measured>> = {
  'energy.csv': {
    values: ['energy_kept'],
    besides: ['energy_realised', 'update_energy', 'cosine_projected', 'cosine_alignment'],
  },
  'overlap.csv': { values: ['overlap'], besides: ['k_a', 'k_b', 'd', 'baseline'] },
  'activations.csv': { values: ['overlap'], besides: ['k_a', 'k_b', 'd', 'baseline', 'in_window'] },
  'cosine.csv': { values: ['cosine', 'sign_agreement'], besides: ['changed_by_both', 'elements', 'norm_a', 'norm_b'] },
  'angles.csv': {
    values: ['smallest', 'largest', 'mean_cos_squared', 'grassmann', 'chordal'],
    besides: ['k_a', 'k_b', 'd'],
  },
  'cka.csv': { values: ['cka'], besides: ['n', 'd_a', 'd_b', 'in_window'] },
  'spectrum.csv': {
    values: ['effective_rank', 'stable_rank', 'participation_ratio'],
    besides: ['rank', 'rank_max', 'frobenius_norm', 'spectral_norm'],
  },
  'loss.csv': { values: ['loss'], besides: ['learning_rate', 'gradient_norm', 'tokens'] },
};

export const comparedTables: readonly string[] = Object.keys(tables);

/** Numbers of a table that differ, in the order of the later table; at the end those of rows that it lost. */
export function tableDifferences(table: string, before: readonly Cells[], after: readonly Cells[]): ValueDifference[] {
  const { values, besides } = tables[table]!;
  const measured = new Set([...values, ...besides]);
  const ofRow = (row: Cells) =>
    Object.fromEntries(Object.entries(row).filter(([name, cell]) => !measured.has(name) && cell !== ''));
  const byRow = (rows: readonly Cells[]) => new Map(rows.map((row) => [identityOf(ofRow(row)), row]));
  const [then, now] = [byRow(before), byRow(after)];
  return [...new Set([...now.keys(), ...then.keys()])].flatMap((identity) => {
    const [old, row] = [then.get(identity), now.get(identity)];
    return values.flatMap((column): ValueDifference[] => {
      const [was, is] = [numberOf(old?.[column]), numberOf(row?.[column])];
      if (was === is) return [];
      return [{ table, of: ofRow((row ?? old)!), column, before: was, after: is, difference: differenceOf(was, is) }];
    });
  });
}

export function numberOf(cell: string | undefined): number | null {
  return cell === undefined || cell === '' ? null : Number(cell);
}
