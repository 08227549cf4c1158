import type { Path } from '../document.js';
import type { Scope } from '../scope.js';

/** What the language knows of a kind of judge. In a workflow its name is the key that says which one it is. */
export interface JudgeKind<Judge, Raw> {
  /** Turns what the schema admits into the judge: defaults filled in, names, patterns and addresses checked. */
  resolve(scope: Scope, raw: Raw, path: Path): Judge;
  /** Models of the workflow that it asks. */
  models(judge: Judge): readonly string[];
  /** Names of the numbers of which it makes its score. Empty: it gives the score itself, 1 … 5. */
  numbers(judge: Judge): readonly string[];
}
