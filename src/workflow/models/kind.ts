import type { NamePrefixes } from '../../formats/tensor-names.js';
import type { Definition } from '../definition.js';
import type { Path } from '../document.js';
import type { Program } from '../program.js';
import type { Scope } from '../scope.js';
import type { Defaults } from '../semantics.js';
import type { Subspace } from '../subspaces/subspace.js';
import type { Term } from './term.js';

/** What the language knows of a way to make a model: everything else asks here, and not what kind it is. */
export interface ModelKind<Model extends Definition, Raw> {
  /** A model that has one of these keys is made so. */
  readonly keys: readonly string[];
  /** Only together with one of these. */
  readonly together?: readonly string[];
  /** Turns what the schema admits into the model: defaults filled in, names checked. */
  resolve(scope: Scope, definition: Definition, raw: Raw, path: Path, known: KnownToModels): Model;
  /** What it is made from. */
  uses(model: Model): ModelUses;
  /** The folder of a checkpoint that the user has already. Absent: steps make or fetch it. */
  folder?(model: Model): string | undefined;
  /** What beginnings of the names of the folder's tensors become. Absent: they are as they are stored. */
  names?(model: Model): NamePrefixes | undefined;
  /** What the folder holds. Default: a checkpoint. */
  readonly holds?: 'adapter';
  /** Tensors of it are chosen by how far they agree with an alignment, so that there is a choice to show. */
  readonly realigned?: true;
  /** What is added to another model, of which a sweep may vary one. Absent: nothing. */
  terms?(model: Model): readonly Term[];
  /** The program of the user's that makes it. Absent: none does. */
  program?(model: Model): Program;
  /** It is trained, so that there is a loss to show. */
  readonly trained?: true;
  /** Several seeds that it is trained with. Absent: it is not trained. */
  readonly seeds?: {
    of(model: Model): readonly number[] | undefined;
    /** The model that is trained with this one of them alone. */
    at(model: Model, seed: number): Model;
  };
}

export interface KnownToModels extends Defaults {
  readonly subspaces: ReadonlyMap<string, Subspace>;
}

export interface ModelUses {
  readonly models?: readonly string[];
  /** Updates that it projects. */
  readonly updates?: readonly string[];
  /** Updates whose directions it takes over; they are not measured themselves. */
  readonly shares?: readonly string[];
  readonly subspaces?: readonly string[];
  readonly datasets?: readonly string[];
  readonly recipes?: readonly string[];
}
