import type { ActivationMsoMetric, RawActivationMso } from './activation-mso.js';
import type { CkaMetric, RawCka } from './cka.js';
import type { CommandMetric, RawCommandMetric } from './command.js';
import type { CosineMetric, RawCosine } from './cosine.js';
import type { ExactMatchMetric, RawExactMatch } from './exact-match.js';
import type { ImportedMetric, RawImported } from './imported.js';
import type { JudgeMetric, RawJudgeMetric } from './judge.js';
import type { KlMetric, RawKl } from './kl.js';
import type { LossMetric, RawLoss } from './loss.js';
import type { MsoMetric, RawMso } from './mso.js';
import type { MultipleChoiceMetric, RawMultipleChoice } from './multiple-choice.js';
import type { PerplexityMetric, RawPerplexity } from './perplexity.js';
import type { PrincipalAnglesMetric, RawPrincipalAngles } from './principal-angles.js';
import type { RawRefusalRate, RefusalRateMetric } from './refusal-rate.js';
import type { RawSpectrum, SpectrumMetric } from './spectrum.js';

/** What a model does: measured of single models, and along the points of sweeps. */
export type BehaviourMetric =
  | ExactMatchMetric
  | JudgeMetric
  | RefusalRateMetric
  | KlMetric
  | LossMetric
  | PerplexityMetric
  | MultipleChoiceMetric
  | CommandMetric
  | ImportedMetric;

/** How far pairs of updates, or of sets of prompts, share their main directions: claims speak of it. */
export type OverlapMetric = MsoMetric | ActivationMsoMetric;

/** What has a table of its own and is measured along no sweep. */
export type TableMetric = OverlapMetric | SpectrumMetric | CosineMetric | PrincipalAnglesMetric | CkaMetric;

export type Metric = BehaviourMetric | TableMetric;
export type RawMetric =
  | RawMso
  | RawActivationMso
  | RawSpectrum
  | RawCosine
  | RawPrincipalAngles
  | RawCka
  | RawExactMatch
  | RawJudgeMetric
  | RawRefusalRate
  | RawKl
  | RawLoss
  | RawPerplexity
  | RawMultipleChoice
  | RawCommandMetric
  | RawImported;
export type MetricOf<K extends Metric['kind']> = Extract<Metric, { readonly kind: K }>;
export type RawMetricOf<K extends Metric['kind']> = Extract<RawMetric, { readonly kind: K }>;
