/** What a report may show, in the order of the page. */
export const reportPartNames = [
  'claims',
  'energy',
  'behaviour',
  'trade-off',
  'selectivity',
  'overlap',
  'activations',
  'spectrum',
  'cosine',
  'angles',
  'cka',
  'realign',
  'loss',
  'data',
] as const;

export type ReportPart = (typeof reportPartNames)[number];

/** The figures of all parts: names of their files, and in settings and on the command line. */
export const figureNames = [
  'claims',
  'energy',
  'energy-by-tensor',
  'behaviour',
  'behaviour-by-rank',
  'behaviour-by-energy',
  'behaviour-by-times',
  'trade-off',
  'selectivity',
  'overlap',
  'overlap-by-tensor',
  'activations',
  'activations-by-layer',
  'spectrum',
  'cosine',
  'angles',
  'angles-by-tensor',
  'cka',
  'realign',
  'loss',
] as const;

export type FigureName = (typeof figureNames)[number];

/** Quantities on the axes of figures that are no metrics. */
export const axisQuantities = [
  ...(['energy', 'fraction', 'rank', 'eta', 'overlap', 'angle', 'cka'] as const),
  ...(['loss', 'step', 'layer', 'times', 'effect', 'change'] as const),
];

export const figureFormats = ['svg', 'pdf', 'png'] as const;

export type FigureFormat = (typeof figureFormats)[number];

export const tableFormats = ['tex', 'md', 'csv'] as const;

export type TableFormat = (typeof tableFormats)[number];

export interface Report {
  readonly title: string;
  readonly figures: readonly ReportPart[];
  readonly tables: readonly ReportPart[];
  /** Formats of the files of figures. */
  readonly formats: readonly FigureFormat[];
  /** Formats of the files of tables. */
  readonly tableFormats: readonly TableFormat[];
  /** Width of the files of figures: one or two columns of a page. */
  readonly columns: 1 | 2;
  readonly style: ReportStyle;
}

/** How things are shown, by their names in the workflow. A type, not an interface: it is a parameter of steps. */
export type ReportStyle = {
  /** What updates, subspaces, models, metrics, datasets and pairs of them are called. */
  readonly names?: Readonly<Record<string, string>>;
  /** `#rrggbb`. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Names that come first, in this order. */
  readonly order?: readonly string[];
  /** Which number of a metric is set in bold in tables for papers. */
  readonly best?: Readonly<Record<string, 'highest' | 'lowest'>>;
  /** Ends of the axes of metrics and of `axisQuantities`. */
  readonly limits?: Readonly<Record<string, readonly [number, number]>>;
};
