import type { CostOf } from '../costed-step.js';
import { addWork, work } from '../work.js';
import { table } from './table.js';

/** Tables as text, and the libraries that draw their figures. */
export const report: CostOf<'report' | 'joined-report'> = (step) => {
  const { work: text, outputs } = table(step);
  return { work: addWork(text, work({ host: { libraries: 1 } })), outputs };
};
