import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Program } from '../program.js';
import type { ReportPart } from '../report.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';
import type { Subspace } from '../subspaces/subspace.js';

/** What the language knows of a kind of metric: everything else asks here, and not what kind it is. */
export interface MetricKind<Metric extends Definition, Raw> {
  /** Turns what the schema admits into the metric: defaults filled in, names and patterns checked. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, known: KnownToMetrics): Metric;
  /** The parts of the report that show it; of behaviour besides the part of that name. */
  readonly parts: readonly ReportPart[];
  /** The definitions that it needs; of behaviour besides the models that it measures. */
  uses(metric: Metric): MetricUses;
  /** The program of the user's that it runs. Absent: it runs none. */
  program?(metric: Metric): Program;
}

export interface KnownToMetrics extends Defaults {
  readonly subspaces: ReadonlyMap<string, Subspace>;
}

/** Says what a model does: measured of the `models` that it names, and along the sweeps that name it. */
export interface BehaviourKind<Metric extends Definition, Raw> extends MetricKind<Metric, Raw> {
  readonly behaviour: true;
  /** Behaviour is lost selectively when what is useful falls otherwise than what is harmful. Absent: it is neither. */
  readonly selects?: 'useful' | 'harmful';
  /** Names of the scores that it has beside its own; claims may name them `metric.name`. Absent: it has none. */
  scoreNames?(metric: Metric): readonly string[];
}

/** Has a table of its own: what is measured once of updates or models, and along no sweep. */
export interface TableKind<Metric extends Definition, Raw> extends MetricKind<Metric, Raw> {
  readonly behaviour: false;
}

/** Compares pairs by how far they share their main directions, beside what chance gives: claims speak of it. */
export interface OverlapKind<Metric extends Definition, Raw> extends TableKind<Metric, Raw> {
  /** The pairs, in the order of the metric. */
  pairs(metric: Metric): readonly Pair[];
}

export interface MetricUses {
  readonly updates?: readonly string[];
  readonly subspaces?: readonly string[];
  readonly models?: readonly string[];
  readonly datasets?: readonly string[];
}

/** Names of two updates or subspaces, or of two sets of prompts. */
export type Pair = readonly [string, string];
