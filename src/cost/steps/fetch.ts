import type { CostOf } from '../costed-step.js';
import { work } from '../work.js';

/** What the hub's cache lacks comes from the hub; all of it is hashed. Nothing goes into the store. */
export const fetch: CostOf<'fetch' | 'fetch-adapter'> = ({ known, id }) => {
  if (known.outputs === undefined) throw new TypeError(`${id}: nothing tells what it fetches`);
  const bytes = [...known.outputs.values()].reduce((sum, one) => sum + one.bytes, 0);
  // The checksum of what arrives, and the digest of each tensor.
  return { work: work({ fetched: known.fetched ?? 0, read: 2 * bytes, hostMemory: 2 ** 24 }), outputs: known.outputs };
};
