import type { FigureFormat, Report, TableFormat } from './report.js';

/** Which files a report is written to. */
export interface ReportFiles {
  readonly columns: 1 | 2;
  readonly formats: readonly FigureFormat[];
  readonly tableFormats: readonly TableFormat[];
}

/** The files of a study: in every format that some cell asks for, and as wide as the widest. */
export function filesOfStudy(reports: readonly Report[]): ReportFiles {
  return {
    columns: reports.some(({ columns }) => columns === 2) ? 2 : 1,
    formats: [...new Set(reports.flatMap(({ formats }) => formats))],
    tableFormats: [...new Set(reports.flatMap(({ tableFormats }) => tableFormats))],
  };
}
