import type { StepDeclaration } from './step.js';

/** The result tables of a workflow → `report.html`. Parameters: ReportParams. */
export const report: StepDeclaration = {
  kind: 'report',
  revision: 5,
  usesDevice: false,
  load: async () => (await import('./implementations/report.js')).makeReport,
};
