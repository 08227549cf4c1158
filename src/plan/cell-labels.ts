import { coordinatesText } from '../workflow/coordinates.js';

/** A cell of a study, as far as names go. */
export interface NamedCell {
  /** Empty in a workflow without a matrix. */
  readonly label: string;
  readonly coordinates: ReadonlyMap<string, string>;
}

/** Gives each thing that some cells share the name of where it is of. */
export class CellLabels {
  readonly #cells: readonly NamedCell[];
  /** Labels that are given to things of one name. */
  readonly #given = new Map<string, Set<string>>();

  constructor(cells: readonly NamedCell[]) {
    this.#cells = cells;
  }

  /**
   * Empty: every cell has it. Else the one cell's label, or the coordinates that all of its cells have in common; where there are none,
   * or a cell or another thing of the name has the same, the first cell's label and how many more there are.
   * @param shared indices of its cells, rising
   */
  of(name: string, shared: readonly number[]): string {
    if (shared.length === this.#cells.length) return '';
    const first = this.#cells[shared[0]!]!;
    if (shared.length === 1) return this.#give(name, first.label);
    const common = [...first.coordinates].filter(([axis, value]) =>
      shared.every((index) => this.#cells[index]!.coordinates.get(axis) === value),
    );
    const label = coordinatesText(new Map(common));
    // A cell's own label is for what only that cell has, even if it is met later.
    const isCell = this.#cells.some((cell) => cell.label === label);
    const isFree = label !== '' && !isCell && this.#given.get(name)?.has(label) !== true;
    return this.#give(name, isFree ? label : `${first.label},+${shared.length - 1}`);
  }

  #give(name: string, label: string): string {
    const given = this.#given.get(name) ?? new Set();
    this.#given.set(name, given.add(label));
    return label;
  }
}

/** `lr=1e-5/train[useful]`; the name itself without a label. */
export function inCell(label: string, name: string): string {
  return label === '' ? name : `${label}/${name}`;
}
