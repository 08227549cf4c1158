import type { Digest } from '../formats/digest.js';
import { isDigest } from '../formats/digest.js';
import type { Store } from '../store/store.js';
import { resultsOf } from './record.js';

/** A step of a run that is over, or as far as it came. */
export interface RunStep {
  readonly id: string;
  /** Cell of the study that it is of; empty where there is no matrix. */
  readonly cell: string;
  readonly kind: string;
  /** undefined: the run did not come to look it up. */
  readonly key: Digest | undefined;
  /** `ran`, `cached`, `failed`, …; undefined where the run left no record of it. */
  readonly status: string | undefined;
  readonly seconds: number | undefined;
  readonly problem: string | undefined;
}

/** What the run's own record says of its steps; of a run that left none, what it noted as it went. */
export function stepsOf(store: Store, run: string): readonly RunStep[] {
  const recorded = (resultsOf(store, run)?.records ?? []).flatMap(({ at, text }) => recordedSteps(at, text));
  if (recorded.length > 0) return recorded;
  const keys = new Map(store.runs.keysOf(run).map(({ step, key }) => [step, key]));
  return [...keys].map(([id, key]) => {
    const kind = id.replace(/\[.*/s, '');
    return { id, cell: '', kind, key, status: undefined, seconds: undefined, problem: undefined };
  });
}

function recordedSteps(cell: string, text: string): RunStep[] {
  const { steps = [] } = JSON.parse(text) as { steps?: readonly Partial<RunStep>[] };
  return steps.flatMap(({ id, kind, key, status, seconds, problem }) =>
    id === undefined || kind === undefined
      ? []
      : [{ id, cell, kind, key: isDigest(key) ? key : undefined, status, seconds, problem }],
  );
}
