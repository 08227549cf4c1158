import type { ModelFacts } from './facts.js';

/** A model as a node of the DAG: its artifacts are `tensor/<name>` and `file/<name>`. */
export interface ModelNode {
  /** Absent for a hub model that is not pinned to a commit yet, and for what is made from one. */
  readonly node?: string;
  /** Absent as long as a hub model that it comes from was not fetched. */
  readonly facts?: ModelFacts;
  /** The hub models that must be fetched before the facts are known; empty when they are. */
  readonly waitsFor: readonly string[];
}
