import type { RawClaim } from './claims/claim.js';
import type { RawCluster } from './cluster.js';
import type { RawDataset } from './datasets/dataset.js';
import type { Named } from './definition.js';
import type { RawMetric } from './metrics/metric.js';
import type { RawModel } from './models/model.js';
import type { RawRecipe } from './recipes.js';
import type { FigureFormat, ReportPart, TableFormat } from './report.js';
import type { Semantics } from './semantics.js';
import type { RawCommandStep } from './steps.js';
import type { RawSubspace } from './subspaces/subspace.js';
import type { RawSweep } from './sweeps/sweep.js';
import type { RawUpdate } from './updates.js';

/** A workflow as the schema admits it: what `validate` guarantees, before names are checked and defaults filled in. */
export interface RawWorkflow {
  readonly name?: string;
  readonly seed?: number;
  readonly semantics?: Semantics;
  readonly models?: Named<RawModel>;
  readonly datasets?: Named<RawDataset>;
  readonly recipes?: Named<RawRecipe>;
  readonly updates?: Named<RawUpdate>;
  readonly subspaces?: Named<RawSubspace>;
  readonly sweeps?: Named<RawSweep>;
  readonly metrics?: Named<RawMetric>;
  readonly claims?: Named<RawClaim>;
  readonly steps?: Named<RawCommandStep>;
  readonly cluster?: RawCluster;
  readonly report?: {
    readonly title?: string;
    readonly figures?: readonly ReportPart[];
    readonly tables?: readonly ReportPart[];
    readonly formats?: readonly FigureFormat[];
    readonly columns?: 1 | 2;
    readonly 'table-formats'?: readonly TableFormat[];
    readonly best?: Readonly<Record<string, 'highest' | 'lowest'>>;
    readonly names?: Readonly<Record<string, string>>;
    readonly colors?: Readonly<Record<string, string>>;
    readonly order?: readonly string[];
    readonly limits?: Readonly<Record<string, readonly [number, number]>>;
  };
}
