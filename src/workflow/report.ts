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

export interface Report {
  readonly title: string;
  readonly figures: readonly ReportPart[];
  readonly tables: readonly ReportPart[];
}
