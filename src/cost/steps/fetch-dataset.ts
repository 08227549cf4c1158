import type { CostOf } from '../costed-step.js';
import { work } from '../work.js';

/** Files that come into the hub's cache and stay there. */
export const fetchDataset: CostOf<'fetch-dataset'> = ({ known }) => {
  const fetched = known.fetched ?? 0;
  return { work: work({ fetched, read: 2 * fetched, hostMemory: 2 ** 24 }), outputs: known.outputs ?? new Map() };
};
