import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Metric } from '../metrics/metric.js';
import type { Scope } from '../scope.js';
import type { Subspace } from '../subspaces/subspace.js';
import type { Sweep } from '../sweeps/sweep.js';

/** What the language knows of a kind of claim: everything else asks here, and not what kind it is. */
export interface ClaimKind<Claim extends Definition, Raw> {
  /** Turns what the schema admits into the claim: defaults filled in, names checked, refused where nothing is measured for it. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, claimed: Claimed): Claim;
}

/** What a claim may speak of. */
export interface Claimed {
  readonly sweeps: ReadonlyMap<string, Sweep>;
  readonly subspaces: ReadonlyMap<string, Subspace>;
  readonly metrics: ReadonlyMap<string, Metric>;
}
