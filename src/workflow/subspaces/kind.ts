import type { ProjectionSide } from '../../formats/projection.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';

/** What the language knows of a kind of subspace: everything else asks here, and not what kind it is. */
export interface SubspaceKind<Subspace extends Definition, Raw> {
  /** Turns what the schema admits into the subspace: defaults filled in, names checked. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, defaults: Defaults): Subspace;
  /** What it is made of: an update (or one whose shapes it has), or models and datasets. */
  uses(subspace: Subspace): SubspaceUses;
  /** The side on which it acts by its definition. Absent: a sweep chooses. */
  readonly side?: ProjectionSide;
  /** The seeds that it is drawn by, each a subspace of its own. Absent: nothing is random about it. */
  seeds?(subspace: Subspace): readonly number[];
}

export interface SubspaceUses {
  readonly update?: string;
  readonly models?: readonly string[];
  readonly datasets?: readonly string[];
}
