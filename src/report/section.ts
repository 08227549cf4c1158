import type { ReportStyle } from '../workflow/report.js';
import type { Figure } from './figures/figure.js';
import type { Html } from './html.js';
import type { PaperTable } from './paper-tables/paper-table.js';

/** What figures and tables must know of the workflow. A type, not an interface: it is among the parameters of steps. */
export type ShownParams = {
  /** Names of the inputs. */
  readonly files: readonly string[];
  /** The models at both ends of every update in use: what figures measure changes from and to. */
  readonly updates: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** Combined models of which a sweep varies a term; absent where there is none. */
  readonly varied?: readonly VariedTerm[];
  /** Metrics by what they tell of: what a model is good for, and what harm it does. Absent: the trade-off is not shown. */
  readonly tradeOff?: { readonly useful: readonly string[]; readonly harmful: readonly string[] };
  /** What things are called and how they look; absent where the workflow says nothing of it. */
  readonly style?: ReportStyle;
};

/** What the workflow asks of the page. */
export type ReportParams = ShownParams & {
  readonly title: string;
  readonly workflow: string;
  /** Names of results that it links to and does not read: single items. */
  readonly linked: readonly string[];
  /** Programs of the user's whose results it links to; absent where there is none. */
  readonly steps?: readonly StepFiles[];
  readonly figures: readonly string[];
  readonly tables: readonly string[];
  /** Label and text, in order: what is compared, varied and measured. */
  readonly asked: readonly { readonly label: string; readonly text: string }[];
  /** Label and text, in order: semantics, models and where they come from, device class. */
  readonly provenance: readonly { readonly label: string; readonly text: string }[];
};

/** A step of the user's, and its tables and files below `steps/NAME/`. */
export type StepFiles = { readonly name: string; readonly files: readonly string[] };

/** What a sweep over `times` is of. */
export type VariedTerm = {
  readonly model: string;
  /** `tuned + t · safety` */
  readonly text: string;
  /** Whole models to compare with. */
  readonly beside: readonly string[];
};

/** What figures are made of. */
export interface FigureInput {
  readonly params: ShownParams;
  /** Result files by name (`energy.csv`, …), as text. A file that the workflow does not make is absent. */
  readonly files: ReadonlyMap<string, string>;
}

/** What a section may read. */
export interface ReportInput extends FigureInput {
  readonly params: ReportParams;
  /** Text for each kind of claim: what its effect is, and what its n counts. */
  readonly claimEffects: ReadonlyMap<string, string>;
}

/** One part of the report: a subject with its figure and its table. */
export interface Section {
  readonly heading: string;
  /** The result file that it cannot do without. */
  readonly needs: string;
  /** Its figures as data, in the order of the page; one with nothing to draw is left out. */
  figures(input: FigureInput): readonly Figure[];
  /** Its tables in the layout of papers, of the same numbers; one with nothing to show is left out. */
  tables(input: FigureInput): readonly PaperTable[];
  /** @param show which of the two the workflow asks for; at least one is true. */
  render(input: ReportInput, show: { readonly figure: boolean; readonly table: boolean }): Promise<Html>;
}
