import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';

/** What the language knows of a kind of subspace: everything else asks here, and not what kind it is. */
export interface SubspaceKind<Subspace extends Definition, Raw> {
  /** From what the schema admits to the subspace: defaults filled in, names checked. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, defaults: Defaults): Subspace;
  /** The update that it is made of, or whose shapes it has. */
  update(subspace: Subspace): string;
  /** The seeds that it is drawn by, each a subspace of its own. Absent: nothing is random about it. */
  seeds?(subspace: Subspace): readonly number[];
}
