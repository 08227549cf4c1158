import type { FigureInput } from '../section.js';
import type { StudyReportParams, StudyShown } from './study.js';

/** The tables of a study. */
export interface StudyTables {
  readonly params: StudyShown;
  /** One a group. */
  readonly groups: readonly FigureInput[];
}

/** The tables of a study with the claims of its cells. */
export interface StudyInput extends StudyTables {
  readonly params: StudyShown & Pick<StudyReportParams, 'cells' | 'claims'>;
  /** The text of claims.csv by the index of the cell. */
  readonly claims: ReadonlyMap<number, string>;
}

/** What the tables of a study are made of. */
export interface StudyTablesInput extends StudyInput {
  /** The text of the study's claims.csv: each claim over all cells in front of its rows of cells; undefined: there are none. */
  readonly claimsOverCells: string | undefined;
}

/** What the panels of a joined figure are of: a group, or a cell. */
export interface FigureSource {
  /** Empty where there is only one. */
  readonly label: string;
  readonly input: FigureInput;
  /** Seeds of the workflow that it puts together. */
  readonly seeds?: readonly number[];
}

/** The groups that show a part: its figures, or its tables. */
export function sourcesOf({ params, groups }: StudyTables, part: string, show: 'figures' | 'tables'): FigureSource[] {
  return params.groups.flatMap(({ label, seeds, ...group }, index) =>
    group[show].includes(part) ? [{ label, input: groups[index]!, ...(seeds === undefined ? {} : { seeds }) }] : [],
  );
}

/** The cells that have claims. */
export function claimSources({ params, claims }: StudyInput): FigureSource[] {
  return params.cells.flatMap(({ label }, index) => {
    const csv = claims.get(index);
    if (csv === undefined) return [];
    const { style } = params.groups.find(({ cells }) => cells.includes(index))?.shown ?? {};
    const shown = { files: ['claims.csv'], updates: [], ...(style === undefined ? {} : { style }) };
    const input = { params: shown, files: new Map([['claims.csv', csv]]) };
    return [{ label: params.cells.length === 1 ? '' : label, input }];
  });
}
