import type { Path } from '../document.js';
import { modelKind } from '../models/registry.js';
import type { Term } from '../models/term.js';
import type { Scope } from '../scope.js';
import type { CommonSweep, KnownToSweeps, SweepKind } from './kind.js';

/** A combined model at several multiples of one of its terms. */
export interface VarySweep extends CommonSweep {
  readonly kind: 'vary';
  readonly model: string;
  /** Place of the term in the model's list, from 0 on. */
  readonly term: number;
  /** The update of the term; null: it is noise. */
  readonly update: string | null;
  readonly times: readonly number[];
}

export interface RawVarySweep {
  readonly vary: string;
  readonly term?: number;
  readonly times: readonly number[];
  readonly measure: readonly string[];
}

export const vary: SweepKind<VarySweep, RawVarySweep> = {
  key: 'vary',
  measures: [],
  resolve(scope, definition, raw, path, known) {
    const model = scope.reference('models', raw.vary, [...path, 'vary']);
    const [term, varied] = resolveTerm(scope, raw, path, known);
    const update = varied?.kind === 'update' ? varied.update : null;
    return { ...definition, kind: 'vary', model, term, update, times: raw.times, measure: raw.measure };
  },
  uses: ({ model, update }) => ({ models: [model], updates: update === null ? [] : [update] }),
  points: ({ times }) => ({ count: times.length, text: `times ${times.length}` }),
};

/** The term that is varied, and its place; undefined where others say what is wrong with the model. */
function resolveTerm(
  scope: Scope,
  { vary: name, term }: RawVarySweep,
  path: Path,
  { models }: KnownToSweeps,
): [place: number, term: Term | undefined] {
  const model = models.get(name);
  if (model === undefined) return [0, undefined];
  const terms = modelKind(model).terms?.(model);
  if (terms === undefined) {
    const message = `the model "${name}" is not combined of others: it has no terms`;
    scope.refuse([...path, 'vary'], 'wrong-kind', message, 'Name a model with `combine`.');
    return [0, undefined];
  }
  if (term === undefined && terms.length > 1) {
    const message = `the model "${name}" has ${terms.length} terms`;
    scope.refuse([...path, 'vary'], 'missing-term', message, 'Say which, counted from 0: term: 0');
  } else if (term !== undefined && term >= terms.length) {
    const hint = `Its terms are counted from 0 to ${terms.length - 1}.`;
    scope.refuse([...path, 'term'], 'unknown-term', `the model "${name}" has no term ${term}`, hint);
  }
  return [term ?? 0, terms[term ?? 0]];
}

/** Refuses sweeps that vary two terms of one model: its points are told apart by `times` alone. */
export function checkTerms(scope: Scope, sweeps: readonly VarySweep[]): void {
  const terms = new Map<string, VarySweep>();
  for (const sweep of sweeps) {
    const other = terms.get(sweep.model) ?? sweep;
    terms.set(sweep.model, other);
    if (other.term === sweep.term) continue;
    const message = `sweeps.${other.name} varies term ${other.term} of the model "${sweep.model}", and this sweep term ${sweep.term}`;
    const hint = 'In evaluation.csv their points could not be told apart. Give one of them a model of its own.';
    scope.refuse(['sweeps', sweep.name, 'vary'], 'two-terms', message, hint);
  }
}
