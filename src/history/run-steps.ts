import { DataError, UsageError } from '../diagnostics/errors.js';
import { listedNames } from '../diagnostics/listed-names.js';
import { didYouMean, nearest } from '../diagnostics/nearest.js';
import type { Action } from '../formats/action.js';
import { type Digest, isDigest } from '../formats/digest.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { coordinatesText } from '../workflow/coordinates.js';
import { type AskedCell, askedOf, kindsOf, resultsOf } from './record.js';
import { meaningOf } from './step-meaning.js';

/** So many cells are listed where a name has none of them. */
const shownCells = 12;

/** A step of a run that is over, or as far as it came. */
export interface RunStep {
  /** That of the plan; in a study behind its cell: `lr=1e-5/train[useful]`. */
  readonly id: string;
  /** Undefined where a killed run left no record of it. */
  readonly kind: string | undefined;
  /** undefined: the run did not come to look it up. */
  readonly key: Digest | undefined;
  /** `ran`, `cached`, `failed`, …; undefined where the run left no record of it. */
  readonly status: string | undefined;
  readonly seconds: number | undefined;
  readonly problem: string | undefined;
}

/** What the run's own record says of its steps; of a run that left none, what it noted as it went. */
export function stepsOf(store: Store, run: string): readonly RunStep[] {
  const recorded = recordedSteps(resultsOf(store, run)?.text ?? '{}');
  if (recorded.length > 0) return recorded;
  const kinds = kindsOf(store, run);
  const keys = new Map(store.runs.keysOf(run).map(({ step, key }) => [step, key]));
  return [...keys].map(([id, key]) => {
    return { id, kind: kinds.get(id), key, status: undefined, seconds: undefined, problem: undefined };
  });
}

function recordedSteps(text: string): RunStep[] {
  const { steps = [] } = JSON.parse(text) as { steps?: readonly Partial<RunStep>[] };
  return steps.flatMap(({ id, kind, key, status, seconds, problem }) =>
    id === undefined || kind === undefined
      ? []
      : [{ id, kind, key: isDigest(key) ? key : undefined, status, seconds, problem }],
  );
}

/**
 * The steps of a run that a name means: an id, a kind, or a pattern.
 * @throws UsageError when none is meant
 */
export function matchingRunSteps(store: Store, { id: run, workflow }: RunRecord, name: string): readonly RunStep[] {
  const steps = stepsOf(store, run);
  const exact = steps.filter((step) => step.id === name);
  if (exact.length > 0) return exact;
  const cells = askedOf(store, run)?.cells ?? [];
  const found = steps.filter(meaningOf(name, cells));
  if (found.length > 0) return found;
  const hint = cells.length > 0 && /^[^[]*\//.test(name) ? cellsHint(name, steps, cells) : undefined;
  if (hint !== undefined) throw new UsageError(`${name} names no step of run ${run} of ${workflow}`, { hint });
  const known = name.includes('[') ? steps.map(({ id }) => id) : steps.flatMap(({ kind }) => kind ?? []);
  const meant = nearest(name, new Set(known));
  throw new UsageError(`${name} names no step of run ${run} of ${workflow}`, {
    hint: meant === undefined ? `runflow show ${run} --steps lists them.` : didYouMean(name, meant, meant),
  });
}

/** What cells there are, where a name has some in front that no step has; undefined where the steps are at fault. */
function cellsHint(name: string, steps: readonly RunStep[], cells: readonly AskedCell[]): string | undefined {
  const front = name.slice(0, name.indexOf('/'));
  if (steps.some(meaningOf(`${front}/*`, cells))) return undefined;
  const labels = cells.map(({ label, coordinates }) => {
    const text = coordinatesText(new Map(Object.entries(coordinates)));
    return text === label ? label : `${label} (${text})`;
  });
  return `The cells are ${listedNames(labels, shownCells)}. One coordinate names all cells that have it.`;
}

/** @throws UsageError when several steps are meant, or none */
export function oneRunStep(store: Store, run: RunRecord, name: string): RunStep {
  const [step, ...others] = matchingRunSteps(store, run, name);
  if (others.length === 0) return step!;
  const names = [step!, ...others.slice(0, 2)].map(({ id }) => id).join(', ');
  throw new UsageError(`${name} names ${others.length + 1} steps: ${names}${others.length > 2 ? ', …' : ''}`, {
    hint: 'Name one of them.',
  });
}

/** The record of what a step of a run made. @throws DataError when it made nothing, or gc has collected it */
export function actionOfStep(store: Store, step: RunStep): Action {
  const action = step.key === undefined ? undefined : store.actions.read(step.key);
  if (action !== undefined && action !== 'garbage') return action;
  const failed = step.status === 'failed' || step.status === 'skipped' || step.key === undefined;
  throw new DataError(`${step.id} ${failed ? 'made nothing in this run' : 'was collected'}`, {
    hint: failed
      ? 'runflow show RUN says what was the matter.'
      : 'Run the workflow again: what is needed is made anew.',
  });
}
