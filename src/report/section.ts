import type { ReportParams } from '../steps/report.js';
import type { Html } from './html.js';

/** What a section may read. */
export interface ReportInput {
  readonly params: ReportParams;
  /** Result files by name (`energy.csv`, …), as text. A file that the workflow does not make is absent. */
  readonly files: ReadonlyMap<string, string>;
  /** By kind of claim: what its effect is, and what its n counts. */
  readonly claimEffects: ReadonlyMap<string, string>;
}

/** One part of the report: a subject with its figure and its table. */
export interface Section {
  readonly heading: string;
  /** The result file that it cannot do without. */
  readonly needs: string;
  /** @param show which of the two the workflow asks for; at least one is true. */
  render(input: ReportInput, show: { readonly figure: boolean; readonly table: boolean }): Promise<Html>;
}
