import type { ActivationMsoMetric, RawActivationMso } from './activation-mso.js';
import type { ExactMatchMetric, RawExactMatch } from './exact-match.js';
import type { JudgeMetric, RawJudgeMetric } from './judge.js';
import type { LossMetric, RawLoss } from './loss.js';
import type { MsoMetric, RawMso } from './mso.js';

/** What a model does: measured of single models, and along the points of sweeps. */
export type BehaviourMetric = ExactMatchMetric | JudgeMetric | LossMetric;

/** How alike two things are: pairs of updates, or of what sets of prompts activate. */
export type PairMetric = MsoMetric | ActivationMsoMetric;

export type Metric = BehaviourMetric | PairMetric;
export type RawMetric = RawMso | RawActivationMso | RawExactMatch | RawJudgeMetric | RawLoss;
export type MetricOf<K extends Metric['kind']> = Extract<Metric, { readonly kind: K }>;
export type RawMetricOf<K extends Metric['kind']> = Extract<RawMetric, { readonly kind: K }>;
