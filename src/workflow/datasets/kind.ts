import type { Transforms } from '../../formats/dataset-choices.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Program } from '../program.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';

/** Rows by name of column: what every kind of dataset has. */
export interface DatasetDefinition extends Definition {
  readonly transforms: Transforms;
}

/**
 * What the language knows of a kind of dataset: everything else asks here, and not what kind it is. In a workflow a kind is
 * named by its key (`mix:`), a generator by the value of `synthetic`.
 */
export interface DatasetKind<Dataset extends DatasetDefinition, Raw> {
  /** Turns what the schema admits into the dataset: defaults filled in, names checked. */
  resolve(scope: Scope, definition: DatasetDefinition, raw: Raw, path: Path, defaults: Defaults): Dataset;
  /** The datasets that it is made from. Absent: it is made from none. */
  parts?(dataset: Dataset): readonly string[];
  /** The program of the user's that makes it. Absent: none does. */
  program?(dataset: Dataset): Program;
  /** The files that the user has already. Absent: steps make or fetch them. */
  files?(dataset: Dataset): LocalFiles;
}

/** Data files on this machine. */
export interface LocalFiles {
  /** Absolute: a data file, or a folder of data files. */
  readonly path: string;
  /** File names in reading order; without it all data files, by name. */
  readonly files?: readonly string[];
}
